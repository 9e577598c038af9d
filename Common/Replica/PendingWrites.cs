using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>Writes that stand in the log and wait to be applied, by rising index.</summary>
/// <param name="responder">Where answers go.</param>
internal sealed class PendingWrites(Responder responder)
{
    private const string UnknownCure =
        "Read the key to see; send the write again only if applying it twice does no harm";

    private Entry[] _ring = new Entry[1024];
    private int _head;
    private int _count;

    private readonly record struct Entry(LogIndex Index, Term Term, ReplyTarget Target);

    /// <summary>Remembers who is to be told about an entry.</summary>
    public void Add(LogIndex index, Term term, in ReplyTarget target)
    {
        if (_count == _ring.Length)
            Grow();
        Check.That(_count == 0 || At(_count - 1).Index < index, "writes wait in the order of the log");
        At(_count++) = new Entry(index, term, target);
    }

    /// <summary>
    /// Takes the write that stands at an entry being applied. An older write found before it, or at the same index in
    /// another term, has been overwritten by what was committed: it never happened, and its client is told so.
    /// </summary>
    public bool TryTake(LogIndex index, Term term, string leader, out ReplyTarget target)
    {
        while (_count > 0 && At(0).Index <= index)
        {
            Entry entry = At(0);
            _head = (_head + 1) % _ring.Length;
            _count--;
            if (entry.Index == index && entry.Term == term)
            {
                target = entry.Target;
                return true;
            }
            responder.Fail(
                entry.Target, Code.NotLeader,
                    "another leader took over before the write was committed; it was not applied",
                "Send it to the leader", leader);
        }
        target = default;
        return false;
    }

    /// <summary>
    /// The log was cut: what stood behind it is gone here, but another node may still hold it and commit it as leader.
    /// So the outcome is unknown, and said to be.
    /// </summary>
    public void Truncate(LogIndex from)
    {
        while (_count > 0 && At(_count - 1).Index >= from)
        {
            _count--;
            responder.Fail(
                At(_count).Target, Code.OutcomeUnknown,
                "the leader was replaced before the write was committed; it may or may not be applied later",
                    UnknownCure);
        }
    }

    private ref Entry At(int offset) => ref _ring[(_head + offset) % _ring.Length];

    private void Grow()
    {
        var larger = new Entry[_ring.Length * 2];
        for (int i = 0; i < _count; i++)
            larger[i] = At(i);
        _ring = larger;
        _head = 0;
    }
}
