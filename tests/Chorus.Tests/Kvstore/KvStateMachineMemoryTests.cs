using Chorus.Common.KeyValue;
using Chorus.Raft;

namespace Chorus.Tests.Kvstore;

/// <summary>Keys and values lie in segments that are cleaned while entries come, change and go.</summary>
public sealed class KvStateMachineMemoryTests
{
    private const int SegmentBytes = 4096;

    private readonly KvStateMachineTable _table = new(SegmentBytes);

    [Fact]
    public void Entries_are_what_was_stored_whatever_moves()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            _table.Clear();
            var expected = new Dictionary<string, byte[]>();
            var random = new Random(seed);
            int keys = random.Next(1, 300);
            int longest = random.Next(1, 600);
            for (int i = 0; i < 3_000; i++)
            {
                byte[] key = Key(random.Next(keys));
                string name = Convert.ToHexString(key);
                if (random.Next(4) > 0)
                {
                    byte[] value = new byte[random.Next(longest)];
                    random.NextBytes(value);
                    Set(key, value);
                    expected[name] = value;
                }
                else if (expected.Remove(name))
                {
                    _table.Remove(_table.Find(key));
                }
            }
            Assert.Equal(expected.Count, _table.Count);
            foreach ((string name, byte[] value) in expected)
            {
                int place = _table.Find(Convert.FromHexString(name));
                Assert.Equal(name, Convert.ToHexString(_table.KeyAt(place)));
                Assert.Equal(value, _table.ValueAt(place).ToArray());
            }
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(200)]
    [InlineData(1_000)]
    public void Holes_are_bounded_whatever_is_overwritten_and_removed(int longest)
    {
        var random = new Random(longest);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] key = Key(random.Next(500));
            if (random.Next(8) > 0)
                Set(key, new byte[random.Next(longest)]);
            else if (_table.Find(key) is >= 0 and var place)
                _table.Remove(place);
            if (i % 100 == 0)
                Assert.InRange(_table.HeldBytes, LivingBytes(), HeldBytesMax());
        }
    }

    [Fact]
    public void Values_that_all_grow_or_shrink_take_no_more_than_they_need()
    {
        foreach (int length in new[] { 20, 200, 100, 2_000, 10, 0 })
        {
            for (int i = 0; i < 500; i++)
                Set(Key(i), new byte[length]);
            Assert.InRange(_table.HeldBytes, LivingBytes(), HeldBytesMax());
        }
    }

    // What was left of each segment would keep all of them, if nothing moved.
    [Fact]
    public void A_few_entries_that_stay_do_not_hold_what_the_others_left()
    {
        for (int i = 0; i < 2_000; i++)
            Set(Key(i), new byte[100]);
        long before = _table.HeldBytes;
        for (int i = 0; i < 2_000; i++)
        {
            if (i % 30 != 0)
                _table.Remove(_table.Find(Key(i)));
        }
        Assert.InRange(before, 2_000 * 100, 2_000 * 150);
        Assert.InRange(_table.HeldBytes, LivingBytes(), HeldBytesMax());
        Assert.Equal(Key(30), _table.KeyAt(_table.Find(Key(30))).ToArray());
    }

    [Fact]
    public void A_value_that_changes_its_length_again_and_again_takes_a_few_segments()
    {
        for (int i = 0; i < 10_000; i++)
            Set(Key(0), new byte[i % 2 == 0 ? 10 : 200]);
        Assert.InRange(_table.HeldBytes, 1, 3 * SegmentBytes);
    }

    [Fact]
    public void A_long_value_leaves_nothing_behind()
    {
        Set(Key(0), [1]);
        long before = _table.HeldBytes;
        for (int i = 0; i < 10; i++)
        {
            Set(Key(1), new byte[1 << 20]);
            Assert.InRange(_table.HeldBytes, 1 << 20, before + (1 << 20) + 1_000);
            _table.Remove(_table.Find(Key(1)));
            Assert.Equal(before, _table.HeldBytes);
        }
    }

    [Fact]
    public void A_store_that_has_become_small_does_not_keep_what_it_had()
    {
        var table = new KvStateMachineTable(1 << 20);
        for (int i = 0; i < 20_000; i++)
            table.Store(table.FindOrAdd(Key(i), 1_000, out _), new byte[1_000]);
        Assert.InRange(table.HeldBytes, 20_000_000, 25_000_000);
        for (int i = 100; i < 20_000; i++)
            table.Remove(table.Find(Key(i)));
        for (int i = 0; i < 100_000; i++)
            table.Store(table.Find(Key(i % 100)), new byte[i / 100 % 2 == 0 ? 10 : 50]);
        Assert.InRange(table.HeldBytes, 100 * 10, 1 << 20);
    }

    // However much it leaves behind, no command pays for more than a part of a segment.
    [Fact]
    public void A_block_that_goes_moves_few_others()
    {
        const int segmentBytes = 1 << 20;
        var table = new KvStateMachineTable(segmentBytes);
        var random = new Random(3);
        long longest = 0;
        for (int i = 0; i < 200_000; i++)
        {
            // One entry in a thousand leaves as long a hole as there is.
            byte[] key = Key(i % 1_000 == 0 ? 60_000 : random.Next(50_000));
            int length = i % 1_000 > 0 ? random.Next(60) : i % 2_000 == 0 ? 16_000 : 0;
            long before = table.MovedBlocks;
            table.Store(table.FindOrAdd(key, length, out _), new byte[length]);
            longest = Math.Max(longest, table.MovedBlocks - before);
        }
        Assert.InRange(table.MovedBlocks, 1_000, long.MaxValue);
        Assert.InRange(longest, 100, 8 * (segmentBytes / 64 + 128) / 128);
    }

    [Fact]
    public void Segments_are_of_a_length_that_can_be()
    {
        Assert.Throws<InvariantViolationException>(() => new KvStateMachineTable(127));
        Assert.Throws<InvariantViolationException>(() => new KvStateMachineTable((1 << 30) + 1));
    }

    [Fact]
    public void A_table_that_was_cleared_holds_nothing()
    {
        for (int i = 0; i < 1_000; i++)
            Set(Key(i), new byte[100]);
        _table.Clear();
        Assert.Equal(0, _table.HeldBytes);
        Set(Key(3), [1, 2]);
        Assert.Equal(new byte[] { 1, 2 }, _table.ValueAt(_table.Find(Key(3))).ToArray());
    }

    private static byte[] Key(int number) => [(byte)number, (byte)(number >> 8), 7];

    private void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        _table.Store(_table.FindOrAdd(key, value.Length, out _), value);

    private long LivingBytes()
    {
        long bytes = 0;
        for (int place = 0; place < _table.PlacesUntil; place++)
        {
            if (_table.At(place).IsTaken)
                bytes += _table.KeyAt(place).Length + _table.ValueAt(place).Length;
        }
        return bytes;
    }

    // Blocks have a header, are rounded up, and may be twice as long as what is in them. Holes, ends of segments that a
    // block did not fit in among them, come to a quarter and one segment; one segment is being filled, one waits.
    private long HeldBytesMax() => (long)(1.4 * (2 * LivingBytes() + 20 * _table.Count)) + 3 * SegmentBytes;
}
