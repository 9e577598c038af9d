using System.Diagnostics;
using Chorus.Tests.LoggerProgram;

namespace Chorus.Tests.Recovery;

/// <summary>A Kvstore in a process of its own, which can be killed.</summary>
internal sealed class ReplicaProcess : IDisposable
{
    private readonly int[] _ports = RunningCluster.FreePorts(5);
    private readonly string _id;
    private readonly string _folder;
    private Process? _process;

    public ReplicaProcess(string id, string folder)
    {
        (_id, _folder) = (id, folder);
    }

    public string Client => At(0);

    public string Join => At(1);

    /// <summary>Starts it, on the ports that it had before.</summary>
    public void Start(params string[] more)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Kvstore.dll");
        string[] arguments =
        [
            program, "-id", _id, "-data", _folder, "-port", At(0), "-hjoin", At(1), "-raft", At(2), "-hrecov", At(3),
            "-feed", At(4), "-quiet", .. more,
        ];
        _process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardError = true })!;
        // What it says is of no interest, but it must not wait until somebody has read it.
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        if (_process is not null)
            Kill();
    }

    private string At(int port) => $"127.0.0.1:{_ports[port]}";
}
