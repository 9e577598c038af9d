using System.Buffers;
using System.Text;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.Recovery;

namespace Chorus.Tests.Replica;

/// <summary>Committed records on their way through a thread of their own, here taken step by step.</summary>
public sealed class BatchApplierTests : IDisposable
{
    private readonly LogDriver _driver = new(new MemoryStorage());
    private readonly Queue<IDiskJob> _jobs = new();
    private readonly AnswerTransport _transport = new();
    private readonly ReplicaCounters _counters = new();
    private readonly PendingReads _reads;
    private readonly PendingWrites _writes;
    private readonly Responder _responder;
    private readonly Echo _machine = new();
    private readonly ClientConnection _client = new([1], delimited: false);
    private BatchApplier _applier;

    public BatchApplierTests()
    {
        _responder = new Responder(_transport);
        _reads = new PendingReads(_responder, _machine, _counters);
        _writes = new PendingWrites(_responder);
        _applier = NewApplier();
    }

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void Commands_are_applied_on_the_executor_and_answered_in_their_order()
    {
        Write("a", "b", "c");
        Assert.True(_driver.Settle());
        Assert.True(Apply(3));
        Assert.Equal(0ul, _applier.AppliedIndex.Value);
        Assert.False(_applier.HasWork(new LogIndex(3)));
        Assert.False(Apply(3));
        RunJobs();
        Assert.True(_applier.HasWork(new LogIndex(3)));
        Assert.True(Apply(3));
        Assert.Equal(3ul, _applier.AppliedIndex.Value);
        Assert.Equal(["1:a", "2:b", "3:c"], Answers());
        Assert.Equal(3, _counters.Applied);
        Assert.Equal([3ul], _machine.Batches);
        Assert.False(_applier.HasWork(new LogIndex(3)));
    }

    [Fact]
    public void What_the_own_disk_has_not_made_durable_is_not_applied()
    {
        Write("a");
        Assert.True(_driver.Settle());
        Write("b");
        Assert.True(Apply(2));
        RunJobs();
        Assert.True(Apply(2));
        Assert.Equal(1ul, _applier.AppliedIndex.Value);
        Assert.Empty(_jobs);
        Assert.False(_applier.HasWork(new LogIndex(2)));
        Assert.True(_driver.Settle());
        Assert.True(_applier.HasWork(new LogIndex(2)));
    }

    [Fact]
    public void A_read_is_served_on_the_executor_behind_its_index()
    {
        Write("a", "b");
        Assert.True(_driver.Settle());
        Ask(1, "first");
        Ask(2, "second");
        _reads.Grant(new ReadGrant(ReadKind.Index, 1, new LogIndex(1)));
        _reads.Grant(new ReadGrant(ReadKind.Index, 2, new LogIndex(3)));
        ApplyAll(2);
        Assert.Equal(["1:a", "2:b", "2:first@2"], Answers());
        Assert.True(_reads.Bytes > 0);
        Write("c");
        Assert.True(_driver.Settle());
        ApplyAll(3);
        Assert.Equal(["3:c", "3:second@3"], Answers());
        Assert.Equal(0, _reads.Bytes);
    }

    [Fact]
    public void A_batch_ends_at_its_limits_and_the_next_one_goes_on()
    {
        string large = new('x', 2000);
        Write([.. Enumerable.Repeat(large, 1000)]);
        Assert.True(_driver.Settle());
        ApplyAll(1000);
        Assert.Equal(1000ul, _applier.AppliedIndex.Value);
        Assert.Equal(1000, Answers().Count);
        Assert.InRange(_machine.Batches.Count, 8, 9);

        _machine.AnswerBytes = ApplyBatch.AnswerBytesMax / 2;
        Write("a", "b", "c");
        Ask(1, "q");
        _reads.Grant(new ReadGrant(ReadKind.Index, 1, new LogIndex(1)));
        Assert.True(_driver.Settle());
        ApplyAll(1003);
        Assert.Equal([1002ul, 1003ul], _machine.Batches[^2..]);
        Assert.Equal(4, Answers().Count);
    }

    [Fact]
    public void Applying_begins_behind_what_the_state_holds_already()
    {
        Write("a", "b", "c");
        Assert.True(_driver.Settle());
        _machine.RestoredIndex = new LogIndex(2);
        _applier = NewApplier();
        ApplyAll(1);
        Assert.Equal(2ul, _applier.AppliedIndex.Value);
        ApplyAll(3);
        Assert.Equal(["c"], _machine.Commands);
        Assert.Equal(3ul, _applier.Digest);
    }

    [Fact]
    public void Nothing_is_applied_while_the_state_has_no_room_and_reads_go_on()
    {
        Write("a");
        Assert.True(_driver.Settle());
        ApplyAll(1);
        _machine.HasRoom = false;
        Write("b");
        Assert.True(_driver.Settle());
        Assert.False(_applier.HasWork(new LogIndex(2)));
        Ask(1, "q");
        _reads.Grant(new ReadGrant(ReadKind.Index, 1, new LogIndex(1)));
        ApplyAll(2);
        Assert.Equal(["1:a", "1:q@1"], Answers());
        _machine.HasRoom = true;
        ApplyAll(2);
        Assert.Equal(["2:b"], Answers());
    }

    [Fact]
    public void A_disk_that_fails_stops_the_node_and_damage_stays_damage()
    {
        Write("a");
        Assert.True(_driver.Settle());
        _machine.Fails = new IOException("no such device");
        ReplicaStoppedException stopped = Assert.Throws<ReplicaStoppedException>(() => ApplyAll(1));
        Assert.Contains("no such device", stopped.Message);
        Assert.NotEmpty(stopped.Cure);
        _applier = NewApplier();
        _machine.Fails = new LogCorruptionException("slot 5 is damaged");
        Assert.Throws<LogCorruptionException>(() => ApplyAll(1));
    }

    private BatchApplier NewApplier() => new(
        _driver.Log, new Executor(_jobs), new ReplicatedState(_machine, new ManualClock()), _writes, _reads,
        new PendingChanges(), door: null, _responder, _counters, new ManualClock());

    private void Write(params string[] commands)
    {
        foreach (string command in commands)
        {
            LogIndex index = _driver.Append(1, command);
            var target = new ReplyTarget(_client, index.Value, null);
            _responder.Take(_client);
            _writes.Add(index, new Term(1), target);
        }
    }

    private void Ask(ulong ticket, string query)
    {
        _responder.Take(_client);
        _reads.Add(ReadKind.Index, ticket, new ReplyTarget(_client, 0, null), Encoding.UTF8.GetBytes(query));
    }

    private bool Apply(ulong commit) => _applier.Apply(new LogIndex(commit), long.MaxValue, "");

    private void ApplyAll(ulong commit)
    {
        do
        {
            Apply(commit);
            RunJobs();
        }
        while (_applier.HasWork(new LogIndex(commit)));
    }

    private void RunJobs()
    {
        while (_jobs.TryDequeue(out IDiskJob? job))
            DiskWork.Run(job);
    }

    private List<string> Answers()
    {
        _responder.Flush();
        List<string> answers = [.. _transport.Answers];
        _transport.Answers.Clear();
        return answers;
    }

    private sealed class Executor(Queue<IDiskJob> jobs) : IDiskExecutor
    {
        public void Post(IDiskJob job) => jobs.Enqueue(job);
    }

    private sealed class AnswerTransport : IClientTransport
    {
        public List<string> Answers { get; } = [];

        public long DroppedTotal => 0;

        public bool TryReceive(out ClientConnection connection, out ReadOnlySpan<byte> frame)
        {
            connection = null!;
            frame = default;
            return false;
        }

        public void Send(ClientConnection connection, ReadOnlySpan<byte> frame) => Answers.AddRange(
            Responses.Parser.ParseFrom(frame).Responses_.Select(
                answer => $"{answer.Index}:{answer.Payload.ToStringUtf8()}"));
    }

    /// <summary>Answers a command with itself; its digest is the number of the last entry applied.</summary>
    private sealed class Echo : IStateMachine
    {
        public List<string> Commands { get; } = [];

        public List<ulong> Batches { get; } = [];

        public int AnswerBytes { get; set; }

        public Exception? Fails { get; set; }

        public LogIndex RestoredIndex { get; set; }

        public bool HasRoom { get; set; } = true;

        public ulong Digest { get; private set; }

        public Code Validate(ReadOnlySpan<byte> command, out string message) => throw new NotSupportedException();

        public Code Apply(LogIndex index, long timeMicros, ReadOnlySpan<byte> command, IBufferWriter<byte> response)
        {
            if (Fails is not null)
                throw Fails;
            Digest = index.Value;
            Commands.Add(Encoding.UTF8.GetString(command));
            response.Write(command);
            response.Write(new byte[AnswerBytes]);
            return Code.Ok;
        }

        public Code Query(ReadOnlySpan<byte> query, IBufferWriter<byte> response, out string message)
        {
            message = "";
            response.Write(query);
            response.Write(Encoding.UTF8.GetBytes($"@{Digest}"));
            return Code.Ok;
        }

        public void Applied(LogIndex index, SessionTable sessions) => Batches.Add(index.Value);
    }
}
