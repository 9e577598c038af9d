using Chorus.Common.Feed;
using Chorus.Common.Log;
using Chorus.Tests.Transfer;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Tests.Feed;

/// <summary>A follower among sources.</summary>
internal sealed class FollowerWorld : FeedWorld, ILogSink
{
    private readonly List<byte> _taken = [];

    public FollowerWorld(int records, LogFollowerOptions? options = null, RecordHeader position = default)
        : base(new TestRecords(records))
    {
        options ??= new LogFollowerOptions { ClusterId = FakeSource.Cluster, Name = "log0" };
        First = position.Index.Value + 1;
        Follower = new LogFollower(options, position, this, this, this, this, NullLogger.Instance);
    }

    public LogFollower Follower { get; }

    /// <summary>First index that the sink must get.</summary>
    public ulong First { get; set; }

    public bool IsFull { get; set; }

    /// <summary>Last index taken; what was taken is checked to be the log's own bytes.</summary>
    public ulong Last
    {
        get
        {
            ulong last = Follower.Position.Index.Value;
            if (last + 1 > First)
                Assert.Equal(Log.Range(First, last + 1), _taken);
            else
                Assert.Empty(_taken);
            return last;
        }
    }

    /// <summary>Names the sources to the follower.</summary>
    public void Use() => Follower.Use([.. Sources.Select(source => source.Who)]);

    protected override bool DoWork() => Follower.DoWork();

    bool ILogSink.HasRoom(long bytes) => !IsFull;

    void ILogSink.Append(ReadOnlySpan<byte> records, in RecordHeader last) => _taken.AddRange(records);
}
