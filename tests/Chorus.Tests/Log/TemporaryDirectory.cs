namespace Chorus.Tests.Log;

/// <summary>A directory that goes away with the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("chorus-log-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
