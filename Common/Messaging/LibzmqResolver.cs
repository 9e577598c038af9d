using System.Reflection;
using System.Runtime.InteropServices;

namespace Chorus.Common.Messaging;

/// <summary>
/// Finds native libzmq: named by hand, unpacked beside the program, or installed in the system.
/// </summary>
internal static class LibzmqResolver
{
    /// <summary>Name used by the imports; never looked up under this name alone.</summary>
    internal const string LibraryName = "libzmq";

    /// <summary>Environment variable with the path of the library, before everything else.</summary>
    internal const string PathVariable = "CHORUS_LIBZMQ";

    private static readonly Lazy<nint> Handle = new(Load);

    /// <summary>Makes this class answer for the imports of this assembly.</summary>
    internal static void Install() =>
        NativeLibrary.SetDllImportResolver(typeof(LibzmqResolver).Assembly, Resolve);

    /// <summary>Loads the library now, so that its absence is told once and in a sentence.</summary>
    /// <exception cref="LibzmqMissingException">It is not there, or too old.</exception>
    internal static unsafe void EnsureLoaded()
    {
        Libzmq.EnsureResolver();
        _ = Handle.Value;
        int major, minor, patch;
        Libzmq.Version(&major, &minor, &patch);
        if (major != 4 || minor < 3)
        {
            throw new LibzmqMissingException(
                $"libzmq {major}.{minor}.{patch} was found, but 4.3 or a newer 4 is needed");
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == LibraryName ? Handle.Value : 0;

    private static nint Load()
    {
        if (Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } named)
        {
            return NativeLibrary.TryLoad(named, out nint chosen)
                ? chosen
                : throw new LibzmqMissingException(
                    $"{PathVariable} names {named}, which cannot be loaded", $"correct {PathVariable} or unset it");
        }

        if (UnpackedFolder() is { } folder && TryLoadUnpacked(folder, out nint unpacked))
            return unpacked;
        foreach (string candidate in Candidates())
        {
            if (NativeLibrary.TryLoad(candidate, out nint handle))
                return handle;
        }

        throw new LibzmqMissingException("the ZeroMQ library (libzmq 4.3) is not installed");
    }

    private static IEnumerable<string> Candidates()
    {
        if (OperatingSystem.IsMacOS())
        {
            return
            [
                "libzmq.5.dylib", "/opt/homebrew/lib/libzmq.5.dylib", "/usr/local/lib/libzmq.5.dylib",
                "/opt/local/lib/libzmq.5.dylib",
            ];
        }

        return OperatingSystem.IsWindows() ? ["libzmq.dll"] : ["libzmq.so.5", "libzmq.so"];
    }

    // scripts/setup unpacks into <repository>/.native/lib when it may not install into the system.
    private static string? UnpackedFolder()
    {
        for (string? at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            string folder = Path.Combine(at, ".native", "lib");
            if (Directory.Exists(folder))
                return folder;
        }

        return null;
    }

    // The loader does not search this folder for what libzmq itself needs (libsodium, ...); but it takes a
    // library that is already loaded under the needed name. So its neighbours go first, in rounds until none
    // is left or none loads.
    private static bool TryLoadUnpacked(string folder, out nint handle)
    {
        string? library = Directory.EnumerateFiles(folder, "libzmq.*").Order().FirstOrDefault();
        handle = 0;
        if (library is null)
            return false;
        List<string> waiting = [.. Directory.EnumerateFiles(folder).Where(f => f != library)];
        int before;
        do
        {
            if (NativeLibrary.TryLoad(library, out handle))
                return true;
            before = waiting.Count;
            waiting.RemoveAll(static f => NativeLibrary.TryLoad(f, out _));
        }
        while (waiting.Count < before);
        return NativeLibrary.TryLoad(library, out handle);
    }
}
