using Chorus.Common.Log;

namespace Chorus.Tests.Log;

public sealed class Crc32CTests
{
    [Fact]
    public void Folded_runs_have_the_checksum_that_the_instruction_gives_word_by_word()
    {
        var bytes = new byte[3_000];
        new Random(1).NextBytes(bytes);
        for (int length = 0; length < bytes.Length - 64; length++)
        {
            ReadOnlySpan<byte> run = bytes.AsSpan(length % 61, length);
            Assert.Equal(~Crc32C.OneByOne(run, uint.MaxValue), Crc32C.Compute(run));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(1_000)]
    public void A_run_in_two_pieces_has_the_checksum_of_the_whole(int first)
    {
        var bytes = new byte[2_000];
        new Random(2).NextBytes(bytes);
        uint inPieces = Crc32C.Compute(bytes.AsSpan(first), Crc32C.Compute(bytes.AsSpan(0, first)));
        Assert.Equal(Crc32C.Compute(bytes), inPieces);
    }

    [Fact]
    public void A_single_bit_anywhere_in_a_long_run_changes_it()
    {
        var bytes = new byte[1_000];
        uint whole = Crc32C.Compute(bytes);
        for (int bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(whole, Crc32C.Compute(bytes));
            bytes[bit / 8] = 0;
        }
    }

    [Fact]
    public void Is_that_of_iscsi()
    {
        // RFC 3720, B.4: 32 bytes of zeros, of ones, and rising.
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
    }
}
