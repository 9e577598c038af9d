using Chorus.Common.KeyValue;

namespace Chorus.Tests.Kvstore;

public sealed class KvStateMachineIndexTests
{
    private readonly KvStateMachineIndex _index = new();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000)]
    [InlineData(1_000_000)]
    public void Finds_what_was_added_and_not_removed_however_hashes_collide(int hashes)
    {
        // The upper eight bits choose a part, the lower ones a slot: both are few here, and some sit at the very end.
        var random = new Random(hashes);
        var places = new Dictionary<int, ulong>();
        for (int step = 0; step < 20_000; step++)
        {
            int place = random.Next(hashes < 10 ? 50 : 2_000);
            if (places.Remove(place, out ulong hash))
            {
                _index.Remove(hash, place);
            }
            else
            {
                hash = (ulong)random.Next(2) << 56 | uint.MaxValue - (uint)random.Next(hashes);
                places[place] = hash;
                _index.Add(hash, place);
            }
            if (step % 1_000 == 0)
                Assert.All(places, pair => Assert.Contains(pair.Key, PlacesOf(pair.Value)));
        }
        Assert.All(
            places.GroupBy(pair => pair.Value),
            group => Assert.Equal(group.Select(pair => pair.Key).Order(), PlacesOf(group.Key).Order()));
    }

    [Fact]
    public void Has_nothing_at_the_beginning_and_once_cleared()
    {
        Assert.Empty(PlacesOf(0));
        _index.Add(0, 0);
        _index.Add(ulong.MaxValue, 1);
        Assert.Equal([0], PlacesOf(0));
        _index.Clear();
        Assert.Empty(PlacesOf(0));
        Assert.Empty(PlacesOf(ulong.MaxValue));
    }

    [Fact]
    public void A_place_that_was_removed_is_found_no_more()
    {
        _index.Add(5, 3);
        _index.Add(5, 4);
        _index.Remove(5, 3);
        Assert.Equal([4], PlacesOf(5));
        _index.Remove(5, 4);
        Assert.Empty(PlacesOf(5));
    }

    private List<int> PlacesOf(ulong hash)
    {
        List<int> places = [];
        KvStateMachineIndex.Search search = _index.Begin(hash);
        while (search.TryNext(out int place))
            places.Add(place);
        return places;
    }
}
