using System.Globalization;
using System.Text.Json;

namespace Chorus.Client.Acked;

/// <summary>
/// The file between a load with <c>-acked</c> and <c>verify</c>: a line of JSON, then a line for each key
/// (<c>key caller acked unknown</c>), then a line <c>end COUNT</c>, without which the file is not whole.
/// </summary>
internal static class AckedFile
{
    private const int Version = 1;

    /// <summary>Writes a file, whole or not at all.</summary>
    public static void Write(string path, AckedRun run)
    {
        string temporary = path + ".part";
        using (StreamWriter writer = new(temporary))
        {
            writer.NewLine = "\n";
            writer.WriteLine(JsonSerializer.Serialize(Head.Of(run)));
            foreach (AckedKey key in run.Keys)
                writer.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{key.Key} {key.Caller} {key.Acked} {key.Unknown}"));
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"end {run.Keys.Count}"));
        }
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is not such a file, or not whole; the message says where.</exception>
    public static AckedRun Read(string path)
    {
        using StreamReader reader = new(path);
        Head head = ReadHead(path, reader.ReadLine());
        List<AckedKey> keys = [];
        for (int line = 2; reader.ReadLine() is { } text; line++)
        {
            if (text == string.Create(CultureInfo.InvariantCulture, $"end {keys.Count}"))
                return head.With(keys);
            long[] numbers = new long[4];
            string[] parts = text.Split(' ');
            bool good = parts.Length == numbers.Length;
            for (int i = 0; good && i < numbers.Length; i++)
                good = long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]);
            if (!good)
                throw new InvalidDataException($"{path}:{line}: expected 'key caller acked unknown', found '{text}'");
            keys.Add(new AckedKey(numbers[0], (int)numbers[1], numbers[2], numbers[3]));
        }
        throw new InvalidDataException($"{path} ends early: the load that wrote it did not end properly");
    }

    private static Head ReadHead(string path, string? line)
    {
        try
        {
            if (line is not null && JsonSerializer.Deserialize<Head>(line) is { ChorusAcked: Version } head)
                return head;
        }
        catch (JsonException)
        {
            // Told below, with the cure.
        }
        throw new InvalidDataException($"{path} was not written by 'Client load -acked FILE'");
    }

    private sealed record Head(
        int ChorusAcked, uint Run, string KeyPrefix, int KeyDigits, int ValueBytes, IReadOnlyList<string> Servers)
    {
        public static Head Of(AckedRun run) =>
            new(Version, run.Run, run.KeyPrefix, run.KeyDigits, run.ValueBytes, run.Servers);

        public AckedRun With(IReadOnlyList<AckedKey> keys) => new()
        {
            Run = Run,
            KeyPrefix = KeyPrefix,
            KeyDigits = KeyDigits,
            ValueBytes = ValueBytes,
            Servers = Servers,
            Keys = keys,
        };
    }
}
