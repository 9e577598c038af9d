using Chorus.Common.Protocol;

namespace Chorus.Common.Hosting;

/// <summary>The words for how reads are answered, as flags and settings use them.</summary>
public static class ReadModes
{
    private static readonly (string Word, ReadMode Mode)[] Words =
    [
        ("index", ReadMode.Index), ("lease", ReadMode.Lease), ("log", ReadMode.Log), ("stale", ReadMode.Stale),
    ];

    /// <summary>The word for a mode.</summary>
    public static string WordOf(ReadMode mode) =>
        Array.Find(Words, entry => entry.Mode == mode).Word ?? "server";

    /// <summary>Finds the mode of a word; false when there is none.</summary>
    public static bool TryParse(string word, out ReadMode mode)
    {
        mode = Array.Find(Words, entry => entry.Word == word).Mode;
        return mode != ReadMode.Server;
    }

    /// <summary>Reads what a client was told.</summary>
    /// <param name="word">What was given; null or empty: as the server was told.</param>
    /// <param name="place">Where it was given, for the error.</param>
    /// <exception cref="ChorusException">
    /// It is none of <c>index</c>, <c>lease</c>, <c>log</c>, <c>stale</c>.
    /// </exception>
    public static ReadMode ParseForClient(string? word, string place)
    {
        if (string.IsNullOrEmpty(word))
            return ReadMode.Server;
        return TryParse(word, out ReadMode mode)
            ? mode
            : throw ChorusException.Usage(
                $"{place}: '{word}' is not a kind of reads", "Use index, lease, log or stale.");
    }

    /// <summary>Reads the flag of a server.</summary>
    /// <param name="word">What was given; null for the default.</param>
    /// <exception cref="ChorusException">It is not one of <c>index</c>, <c>lease</c> and <c>log</c>.</exception>
    public static ReadMode ParseForServer(string? word)
    {
        if (word is null)
            return ReadMode.Index;
        if (TryParse(word, out ReadMode mode) && mode != ReadMode.Stale)
            return mode;
        throw ChorusException.Usage(
            $"-reads: '{word}' is not a kind of reads that a server answers by default",
            "Use index, lease or log; stale reads are asked for by name, request by request");
    }
}
