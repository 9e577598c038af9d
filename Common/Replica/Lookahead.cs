using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// Walks over the same records as who applies them, some ahead, and tells the state machine what is coming.
/// </summary>
public ref struct Lookahead
{
    private readonly IStateMachine _machine;
    private readonly bool _isWanted;
    private RecordReader _ahead;

    /// <summary>Goes ahead as far as the state machine wants.</summary>
    /// <param name="machine">Is about to be given the commands.</param>
    /// <param name="records">Whole records back to back, verified.</param>
    /// <param name="first">Index of the first one.</param>
    public Lookahead(IStateMachine machine, ReadOnlySpan<byte> records, LogIndex first)
    {
        _machine = machine;
        _ahead = new RecordReader(records, first, verify: false);
        int count = machine.ExpectsAhead;
        // Nothing is gained where all is over before the first is there.
        _isWanted = count > 0 && records.Length > 0 && records.Length / 4 > RecordCodec.Length(records);
        for (int i = 0; i < count && _isWanted; i++)
            Step();
    }

    /// <summary>One record is about to be applied: goes on by one.</summary>
    public void Step()
    {
        if (_isWanted && _ahead.Read()
            && CommandPayload.TryRead(_ahead.Header.Kind, _ahead.Payload, out ReadOnlySpan<byte> command))
        {
            _machine.Expect(command);
        }
    }
}
