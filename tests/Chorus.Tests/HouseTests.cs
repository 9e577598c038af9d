namespace Chorus.Tests;

public sealed class HouseTests
{
    [Fact]
    public void Indexes_count_from_one() => Assert.Equal(1ul, Chorus.Raft.LogIndex.Zero.Next.Value);
}
