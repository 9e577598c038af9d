namespace Chorus.Tests.Log;

/// <summary>A directory that goes away with the test.</summary>
/// <param name="parent">Where it is made; null: where the system has such directories.</param>
internal sealed class TemporaryDirectory(string? parent = null) : IDisposable
{
    public string Path { get; } = parent is null
        ? Directory.CreateTempSubdirectory("chorus-log-").FullName
        : Directory.CreateDirectory(System.IO.Path.Combine(parent, $"chorus-log-{Guid.NewGuid():n}")).FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
