using Chorus.Common.Log;
using Chorus.Raft;
using Microsoft.Win32.SafeHandles;

namespace Chorus.Common.Hosting;

/// <summary>One file of an <see cref="AppliedLog"/>: records back to back, each flushed by itself.</summary>
internal sealed class AppliedLogFile : IDisposable
{
    private const int ReadBytes = 1 << 20;

    private readonly SafeFileHandle _handle;
    private byte[] _record = new byte[4096];
    private long _end;
    private RecordHeader _last;

    private AppliedLogFile(string path)
    {
        Path = path;
        _handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Index of the last record; 0 while there is none.</summary>
    public LogIndex LastIndex => _last.Index;

    /// <summary>
    /// Opens or makes a file; cuts off a record at its end that was not written completely.
    /// </summary>
    public static AppliedLogFile Open(string path)
    {
        var file = new AppliedLogFile(path);
        try
        {
            file.Recover();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes and flushes a record, unless it is there already.</summary>
    public void Append(LogIndex index, long timeMicros, ReadOnlySpan<byte> command)
    {
        if (index <= _last.Index)
        {
            bool differs = index == _last.Index
                && (timeMicros != _last.TimeMicros || command.Length != _last.PayloadLength);
            if (!differs)
                return;
            throw ChorusException.Failed(
                "applied_log",
                $"-logfolder: {Path} holds another command at index {index}: it belongs to another cluster",
                "Name another folder");
        }
        int length = RecordHeader.SizeBytes + command.Length;
        if (_record.Length < length)
            _record = new byte[2 * length];
        Span<byte> record = _record.AsSpan(0, length);
        ulong chain = RecordCodec.Encode(
            record, index, default, _last.Chain, timeMicros, RecordKind.Command, command);
        try
        {
            RandomAccess.Write(_handle, record, _end);
            LibC.SyncData(_handle, Path);
        }
        catch (IOException error)
        {
            throw ChorusException.Failed(
                "applied_log",
                $"-logfolder: {Path} cannot be written: {error.Message}",
                "Make room or repair the disk, then start the replica again",
                error);
        }
        _end += length;
        _last = new RecordHeader(command.Length, index, default, chain, timeMicros, RecordKind.Command);
    }

    public void Dispose() => _handle.Dispose();

    private void Recover()
    {
        long fileLength = RandomAccess.GetLength(_handle);
        byte[] buffer = new byte[ReadBytes];
        while (_end < fileLength)
        {
            int read = RandomAccess.Read(_handle, buffer, _end);
            int used = Walk(buffer.AsSpan(0, read));
            if (used > 0)
                continue;
            long needed = read >= RecordHeader.SizeBytes ? RecordCodec.Length(buffer) : fileLength;
            bool isLonger = read == buffer.Length && needed > buffer.Length && needed < Array.MaxLength;
            if (isLonger && _end + needed <= fileLength)
            {
                buffer = new byte[needed];
                continue;
            }
            CutTail(buffer.AsSpan(0, read), fileLength);
            return;
        }
    }

    /// <summary>Passes over the valid records at the start of some bytes.</summary>
    /// <returns>Their length.</returns>
    private int Walk(ReadOnlySpan<byte> bytes)
    {
        int used = 0;
        while (bytes.Length - used >= RecordHeader.SizeBytes)
        {
            ReadOnlySpan<byte> rest = bytes[used..];
            uint length = RecordCodec.Length(rest);
            if (length < RecordHeader.SizeBytes || length > rest.Length)
                break;
            ReadOnlySpan<byte> record = rest[..(int)length];
            RecordHeader header = RecordCodec.Header(record);
            bool isValid = RecordCodec.CrcMatches(record)
                && header.Index > _last.Index
                && RecordCodec.Chain(_last.Chain, record) == header.Chain;
            if (!isValid)
                break;
            _last = header;
            used += (int)length;
        }
        _end += used;
        return used;
    }

    // Every record was flushed before the next was begun, so only the last one can be incomplete.
    private void CutTail(ReadOnlySpan<byte> bytes, long fileLength)
    {
        bool isLast = bytes.Length < RecordHeader.SizeBytes || _end + RecordCodec.Length(bytes) >= fileLength;
        bool isEmpty = _end + bytes.Length == fileLength && !bytes.ContainsAnyExcept((byte)0);
        if (!isLast && !isEmpty)
        {
            throw new LogCorruptionException(
                $"{Path} is damaged at offset {_end}, and more follows: move it away and start the replica again, "
                + "which then writes all commands to a new file");
        }
        RandomAccess.SetLength(_handle, _end);
        LibC.SyncData(_handle, Path);
    }
}
