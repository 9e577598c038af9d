using System.Text;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

/// <summary>Drives a log as the loop does, with the disk work done at once.</summary>
internal sealed class LogDriver : IDisposable
{
    private readonly Queue<IDiskJob> _jobs;
    private long _now;

    public LogDriver(IStorage storage, LogOptions? options = null, RecordHeader startAfter = default)
    {
        _jobs = new Queue<IDiskJob>();
        Log = RecordLog.Open(
            storage, new Executor(_jobs), options ?? LogTestOptions.Small, LogTestOptions.Cluster, startAfter);
    }

    private LogDriver(RecordLog log, Queue<IDiskJob> jobs) => (Log, _jobs) = (log, jobs);

    public RecordLog Log { get; }

    public LogCompletion Last { get; private set; }

    public int JobsWaiting => _jobs.Count;

    /// <summary>Opens a log that may be damaged.</summary>
    public static LogDriver? TryOpen(IStorage storage, LogOpening opening, out DamagedLog? damaged)
    {
        var jobs = new Queue<IDiskJob>();
        RecordLog? log = RecordLog.TryOpen(
            storage, new Executor(jobs), LogTestOptions.Small, opening, out damaged);
        return log is null ? null : new LogDriver(log, jobs);
    }

    public LogIndex Append(ulong term, string payload) =>
        Log.Append(new Term(term), RecordKind.Command, 1000, Encoding.UTF8.GetBytes(payload));

    public void Save(ulong term, string vote = "a") =>
        Log.SaveHardState(new HardState(new Term(term), new NodeId(vote), LogIndex.Zero));

    /// <summary>Runs everything until the disk has nothing left to do. False when a batch failed.</summary>
    public bool Settle()
    {
        do
        {
            Log.Flush();
            RunJobs();
            while (Log.TryTakeCompletion(out LogCompletion completion))
            {
                Last = completion;
                if (completion.Error is not null)
                    return false;
            }
            if (_jobs.Count == 0)
                Log.MaintainRoom(_now += 1_000_000);
        }
        while (_jobs.Count > 0 || Log.IsBusy || (Log.PendingBytes > 0 && !Log.IsDiskFull));
        return true;
    }

    /// <summary>Lets time pass, and runs what the log has the disk do then.</summary>
    public void Pass(long micros)
    {
        Log.MaintainRoom(_now += micros);
        RunJobs();
        Assert.False(Log.TryTakeCompletion(out _));
    }

    /// <summary>Payloads of all records that are kept, read as replication reads them.</summary>
    public List<string> All()
    {
        var payloads = new List<string>();
        LogIndex next = Log.FirstIndex;
        while (next <= Log.LastIndex)
        {
            LogIndex until = Log.Fit(next, Log.LastIndex.Next, 3000, out long bytes);
            ReadOnlySpan<byte> records = Log.Read(next, until, out LogIndex readUntil);
            Assert.Equal(until, readUntil);
            Assert.Equal(bytes, records.Length);
            var reader = new RecordReader(records, next, verify: true);
            while (reader.Read())
                payloads.Add($"{reader.Header.Term}:{Encoding.UTF8.GetString(reader.Payload)}");
            Assert.Null(reader.Error);
            next = until;
        }
        return payloads;
    }

    public void Dispose() => Log.Dispose();

    private void RunJobs()
    {
        while (_jobs.TryDequeue(out IDiskJob? job))
            Run(job);
    }

    private static void Run(IDiskJob job)
    {
        try
        {
            job.Write();
            job.Sync();
        }
        catch (IOException error)
        {
            job.Fail(error);
        }
    }

    private sealed class Executor(Queue<IDiskJob> jobs) : IDiskExecutor
    {
        public void Post(IDiskJob job) => jobs.Enqueue(job);
    }
}
