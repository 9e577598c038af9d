using System.Text;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Transfer;

/// <summary>A valid log in memory: record i has payload "value i", term 1 + i / 10 and a chain of its own.</summary>
internal sealed class TestRecords
{
    private readonly List<byte[]> _records = [];
    private readonly List<RecordHeader> _headers = [default];

    public TestRecords(int count, string prefix = "value", IReadOnlyDictionary<int, byte[]>? configurations = null)
    {
        for (int i = 1; i <= count; i++)
        {
            byte[] payload = Encoding.UTF8.GetBytes($"{prefix} {i}");
            RecordKind kind = RecordKind.Command;
            if (configurations is not null && configurations.TryGetValue(i, out byte[]? configuration))
                (payload, kind) = (configuration, RecordKind.Configuration);
            byte[] record = new byte[RecordHeader.SizeBytes + payload.Length];
            RecordCodec.Encode(
                record, new LogIndex((ulong)i), new Term(1 + (ulong)i / 10), _headers[^1].Chain, 1000 + i,
                kind, payload);
            _records.Add(record);
            _headers.Add(RecordCodec.Header(record));
        }
    }

    /// <summary>Header of a record; index 0 stands for none.</summary>
    public RecordHeader HeaderAt(ulong index) => _headers[(int)index];

    /// <summary>Whether a record exists.</summary>
    public bool Has(ulong index) => index < (ulong)_headers.Count;

    /// <summary>The bytes of a range.</summary>
    public byte[] Range(ulong from, ulong until) =>
        [.. _records.Skip((int)from - 1).Take((int)(until - from)).SelectMany(record => record)];
}
