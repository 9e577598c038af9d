using System.Globalization;
using System.Text.Json.Nodes;
using Chorus.Common.Client;
using Chorus.Common.Feed;
using Operation = Chorus.Common.Protocol.KvCommand.Types.Operation;

namespace Chorus.Client.Commands;

/// <summary>What a watch prints: changes on standard output, where it listens on standard error.</summary>
internal sealed class WatchOutput(Terminal terminal, Answer answer, KeyText text, IReadOnlyList<NodeStatus> nodes)
{
    private const int TextMax = 200;

    private string _feed = "";

    /// <summary>Whether any feed has spoken.</summary>
    public bool HasHeard => _feed.Length > 0;

    /// <summary>Says where the watch listens, when that is another feed than before.</summary>
    public void Note(KeyWatch watch)
    {
        if (!watch.IsHeard || watch.Feed == _feed)
            return;
        string who = nodes.First(node => node.Status!.FeedAddress == watch.Feed).Id ?? "?";
        string role = watch.Role == FeedRole.Leader ? "the leader" : "a follower";
        terminal.Error.WriteLine(HasHeard
            ? $"listening to {who} at {watch.Feed}, {role}, from now on: changes in between may be missing"
            : $"listening to {who} at {watch.Feed}, {role}; a watch is a hint, it may miss changes");
        terminal.Error.Flush();
        _feed = watch.Feed;
    }

    /// <summary>Prints a change.</summary>
    public void Tell(KeyChange change) => answer.Tell(Line(change), () => Node(change));

    private string Line(KeyChange change)
    {
        string head = $"{change.Index} {NameOf(change.Operation)} {Show(change.Key.Span)}";
        return change.Operation switch
        {
            Operation.Delete => head,
            Operation.Increment => string.Create(CultureInfo.InvariantCulture, $"{head} {change.Delta:+0;-0;0}"),
            _ => $"{head} {Show(change.Value.Span)}",
        };
    }

    private static string NameOf(Operation operation) => operation switch
    {
        Operation.CompareAndSet => "compare-and-set",
        _ => operation.ToString().ToLowerInvariant(),
    };

    // A line is a line, whatever somebody stored.
    private string Show(ReadOnlySpan<byte> bytes)
    {
        string all = text.Show(bytes[..Math.Min(bytes.Length, TextMax * 4)]);
        string shown = string.Concat(all.Take(TextMax).Select(letter => char.IsControl(letter) ? '\ufffd' : letter));
        return shown.Length < all.Length || bytes.Length > TextMax * 4
            ? string.Create(CultureInfo.InvariantCulture, $"{shown}... ({bytes.Length} bytes)") : shown;
    }

    private JsonObject Node(KeyChange change)
    {
        JsonObject json = new()
        {
            ["index"] = change.Index,
            ["term"] = change.Term,
            ["time"] = change.Time.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
            ["operation"] = NameOf(change.Operation),
        };
        Add(json, "key", change.Key.Span);
        if (change.Operation == Operation.Increment)
            json["delta"] = change.Delta;
        else if (!change.IsDelete)
            Add(json, "value", change.Value.Span);
        return json;
    }

    private void Add(JsonObject json, string name, ReadOnlySpan<byte> bytes)
    {
        if (text.IsExact(bytes))
            json[name] = text.Show(bytes);
        else
            json[name + "_hex"] = Convert.ToHexStringLower(bytes);
    }
}
