using System.Buffers.Binary;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Tests.Transfer;

public sealed class ImageTests : IDisposable
{
    private const string Here = "a:1";
    private const int Slots = 1000;
    private const int SlotBytes = 64;

    private static readonly TransferStreamOptions Small = new() { ChunkBytes = 1000, WindowChunks = 4 };

    private readonly TransferPair _pair = new();
    private readonly SlotFile _file = new();
    private readonly TestSource _source;
    private readonly ImageStream _stream;
    private readonly byte[] _copy = new byte[Slots * SlotBytes];

    public ImageTests()
    {
        _source = new TestSource(_pair.Listen(Here), image: _file);
        _source.Append(1);
        _stream = new ImageStream(_pair, 0, Small);
    }

    public void Dispose() => _source.Dispose();

    [Fact]
    public void A_file_that_changes_while_it_is_copied_becomes_a_state_by_the_log_behind_it()
    {
        Random random = new(9);
        for (int i = 0; i < 200; i++)
            _file.Apply(random.Next(Slots), settle: true);
        _stream.Open(Here, Guid.Empty, 0, _source.MonotonicMicros);
        Pump(() => _file.Apply(random.Next(Slots), settle: random.Next(3) > 0));
        Assert.Equal((TransferStreamState.Complete, ""), (_stream.State, _stream.Reason));
        Assert.Equal((new LogIndex(201), (long)_copy.Length), (_stream.ApplyFrom, _stream.Length));
        Assert.True(_stream.ApplyUntil.Value > 202);
        for (ulong index = _stream.ApplyFrom.Value; index < _stream.ApplyUntil.Value; index++)
            SlotFile.Write(_copy, _file.Log[(int)index - 1], index);
        Assert.Equal(_file.StateAt(_stream.ApplyUntil.Value - 1), _copy);
    }

    [Fact]
    public void Zeros_are_not_sent_and_a_copy_goes_on_where_it_was()
    {
        foreach (int slot in new[] { 0, 1, 500, 999 })
            _file.Apply(slot, settle: true);
        _stream.Open(Here, Guid.Empty, 0, _source.MonotonicMicros);
        Pump(() => { });
        Assert.Equal(TransferStreamState.Complete, _stream.State);
        Assert.Equal(_file.StateAt(4), _copy);
        Assert.Equal(4 * SlotBytes, _source.Server.SentBytesTotal);
        _stream.Open(Here, Guid.Empty, 501 * SlotBytes, _source.MonotonicMicros);
        Pump(() => { });
        Assert.Equal(5 * SlotBytes, _source.Server.SentBytesTotal);
        _stream.Open(Here, Guid.Empty, 7, _source.MonotonicMicros);
        Pump(() => { });
        Assert.Equal(TransferRefusal.BadRequest, _stream.Refusal);
    }

    [Fact]
    public void The_log_behind_the_copy_is_pinned_while_it_goes_on()
    {
        for (int i = 0; i < 300; i++)
            _file.Apply(i, settle: true);
        _stream.Open(Here, Guid.Empty, 0, _source.MonotonicMicros);
        _source.Server.DoWork();
        Assert.Equal(new LogIndex(301), _source.Server.LowestPinned);
    }

    [Fact]
    public void A_damaged_piece_and_a_file_that_cannot_be_read_are_noticed()
    {
        _file.Apply(3, settle: true);
        _stream.Open(Here, Guid.Empty, 0, _source.MonotonicMicros);
        _source.Server.DoWork();
        Assert.True(_pair.TryReceive(out _, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body));
        byte[] damaged = body.ToArray();
        damaged[5] ^= 4;
        _stream.TryAccept(Here, header, damaged, _source.MonotonicMicros, out _, out ReadOnlySpan<byte> piece);
        Assert.True(piece.IsEmpty);
        Assert.Equal(TransferStreamState.Untrue, _stream.State);

        while (_pair.TryReceive(out _, out _, out _))
        {
        }

        _file.IsShort = true;
        _stream.Open(Here, Guid.Empty, 0, _source.MonotonicMicros);
        Pump(() => { });
        Assert.Equal(TransferRefusal.Damaged, _stream.Refusal);
    }

    private void Pump(Action between)
    {
        bool any = true;
        while (any)
        {
            _source.Server.DoWork();
            any = _source.Server.NextWorkMicros <= _source.MonotonicMicros;
            while (_pair.TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
            {
                any = true;
                Assert.True(_stream.TryAccept(
                    address, header, body, _source.MonotonicMicros, out long offset, out ReadOnlySpan<byte> piece));
                piece.CopyTo(_copy.AsSpan((int)offset));
                if (piece.Length > 0)
                    _stream.Release(_source.MonotonicMicros);
            }
            between();
        }
    }

    private sealed class SlotFile : IImageSource
    {
        private readonly byte[] _bytes = new byte[Slots * SlotBytes];

        public List<int> Log { get; } = [];

        public bool IsShort { get; set; }

        public long LengthBytes => _bytes.Length;

        int IImageSource.SlotBytes => SlotBytes;

        public LogIndex AppliedIndex { get; private set; }

        public LogIndex NewestIndex => new((ulong)Log.Count);

        public static void Write(byte[] file, int slot, ulong index)
        {
            Span<byte> into = file.AsSpan(slot * SlotBytes, SlotBytes);
            into.Fill((byte)index);
            BinaryPrimitives.WriteUInt64LittleEndian(into, index);
        }

        public void Apply(int slot, bool settle)
        {
            Log.Add(slot);
            Write(_bytes, slot, (ulong)Log.Count);
            if (settle)
                AppliedIndex = NewestIndex;
        }

        public byte[] StateAt(ulong index)
        {
            byte[] state = new byte[_bytes.Length];
            for (ulong i = 1; i <= index; i++)
                Write(state, Log[(int)i - 1], i);
            return state;
        }

        public int Read(long offset, Span<byte> into)
        {
            if (IsShort)
                return 0;
            int length = (int)Math.Min(into.Length, _bytes.Length - offset);
            _bytes.AsSpan((int)offset, length).CopyTo(into);
            return length;
        }
    }
}
