using Chorus.Common.Feed;
using Chorus.Common.Log;

namespace Chorus.Simulation.Checks;

/// <summary>
/// An application that stores its position with its data, as the library asks: it must get each committed record once,
/// in order, over all its lives.
/// </summary>
/// <param name="subscriber">Its name.</param>
/// <param name="committed">What was committed.</param>
/// <param name="hasRoom">Whether it takes anything at the moment.</param>
internal sealed class DeliveryWatch(string subscriber, CommittedLog committed, Func<bool> hasRoom) : ILogSink
{
    /// <summary>What it has stored: the header of the last record.</summary>
    public RecordHeader Position { get; private set; }

    public bool HasRoom(long bytes) => hasRoom();

    public void Append(ReadOnlySpan<byte> records, in RecordHeader last)
    {
        var reader = new RecordReader(records, Position.Index.Next, verify: true);
        while (reader.Read())
        {
            LogEntry entry = new(reader.Header.Term.Value, reader.Header.Chain);
            if (committed.At(reader.Header.Index.Value) != entry)
            {
                throw new Violation("a subscriber gets what was committed",
                    $"{subscriber} gets another record {reader.Header.Index} of term {entry.Term} than was committed");
            }
            Position = reader.Header;
        }
        if (reader.Error is { } error)
            throw new Violation("a subscriber gets each record once", $"{subscriber} behind {Position.Index}: {error}");
        if (Position != last)
            throw new Violation("a subscriber gets each record once", $"{subscriber} is told of another last record");
    }
}
