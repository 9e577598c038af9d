using System.Diagnostics;
using Chorus.Tests.LoggerProgram;

namespace Chorus.Tests.Recovery;

/// <summary>A Kvstore in a process of its own, which can be killed.</summary>
internal sealed class ReplicaProcess : IDisposable
{
    private readonly int[] _ports = RunningCluster.FreePorts(5);
    private readonly string _id;
    private readonly string _folder;
    private readonly Lock _gate = new();
    private readonly List<string> _warnings = [];
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
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginErrorReadLine();
    }

    /// <summary>Whether a warning of it, since it was made, holds a text. They come after what they tell of.</summary>
    public bool HasWarnedOf(string text)
    {
        lock (_gate)
            return _warnings.Any(line => line.Contains(text, StringComparison.Ordinal));
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

    private void Hear(string? line)
    {
        if (line is null)
            return;
        lock (_gate)
            _warnings.Add(line);
    }

    private string At(int port) => $"127.0.0.1:{_ports[port]}";
}
