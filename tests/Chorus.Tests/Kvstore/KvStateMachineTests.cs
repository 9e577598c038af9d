using System.Buffers;
using System.Text;
using Chorus.Common.KeyValue;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Google.Protobuf;
using Operation = Chorus.Common.Protocol.KvCommand.Types.Operation;

namespace Chorus.Tests.Kvstore;

public sealed class KvStateMachineTests
{
    private readonly KvStateMachine _machine = new();
    private ulong _index;

    [Fact]
    public void A_value_that_was_set_is_read_back_until_it_is_deleted()
    {
        Assert.Equal((Code.NotFound, ""), Query(_machine, "k"));
        Assert.Equal((Code.Ok, ""), Apply(Operation.Set, "k", "one"));
        Assert.Equal((Code.Ok, "one"), Query(_machine, "k"));
        Assert.Equal((Code.Ok, "one"), Apply(Operation.Get, "k"));
        Assert.Equal((Code.Ok, ""), Apply(Operation.Set, "k", "a longer value"));
        Assert.Equal((Code.Ok, "a longer value"), Query(_machine, "k"));
        Assert.Equal((Code.Ok, ""), Apply(Operation.Set, "k", ""));
        Assert.Equal((Code.Ok, ""), Query(_machine, "k"));
        Assert.Equal((Code.Ok, ""), Apply(Operation.Delete, "k"));
        Assert.Equal((Code.NotFound, ""), Apply(Operation.Delete, "k"));
        Assert.Equal((Code.NotFound, ""), Query(_machine, "k"));
    }

    [Fact]
    public void A_digest_that_was_put_off_is_the_same_whenever_it_is_asked_for()
    {
        var deferring = new KvStateMachine { DefersDigest = true };
        var random = new Random(5);
        for (int i = 0; i < 2_000; i++)
        {
            Operation operation = random.Next(4) == 0 ? Operation.Delete : Operation.Set;
            string key = $"key{random.Next(50)}";
            Apply(operation, key, $"value{i}");
            Apply(deferring, operation, key, $"value{i}");
            if (i % 500 == 0)
                Assert.Equal(_machine.Digest, deferring.Digest);
            if (i == 1_000)
                deferring.DefersDigest = false;
            if (i == 1_500)
                deferring.DefersDigest = true;
        }
        Assert.Equal(_machine.Digest, deferring.Digest);
    }

    [Fact]
    public void The_digest_depends_on_the_state_and_not_on_the_way_there()
    {
        Assert.Equal(0ul, _machine.Digest);
        var other = new KvStateMachine();
        for (int i = 0; i < 100; i++)
            Apply(Operation.Set, $"key{i}", $"value{i}");
        Apply(Operation.Set, "passing", "by");
        Apply(Operation.Delete, "passing");
        for (int i = 99; i >= 0; i--)
        {
            Apply(other, Operation.Set, $"key{i}", new string('x', i));
            Apply(other, Operation.Set, $"key{i}", $"value{i}");
        }
        Assert.Equal(_machine.Digest, other.Digest);

        Apply(other, Operation.Set, "key7", "value8");
        Assert.NotEqual(_machine.Digest, other.Digest);
        for (int i = 0; i < 100; i++)
            Apply(Operation.Delete, $"key{i}");
        Assert.Equal(0ul, _machine.Digest);
    }

    [Fact]
    public void The_digest_tells_entries_apart_that_look_alike()
    {
        var seen = new HashSet<ulong>();
        string[] texts = ["a", "b", "ab", "a\0", "\0a", "\0", "\0\0", new('\0', 31), new('\0', 32), new('\0', 33)];
        foreach (string key in texts)
        {
            foreach (string value in texts.Append(""))
                Assert.True(seen.Add(KvStateMachineDigest.OfEntry(Bytes(key), Bytes(value))), $"'{key}' '{value}'");
        }
    }

    [Fact]
    public void The_digest_of_a_known_state_never_changes()
    {
        Apply(Operation.Set, "key", "value");
        Apply(Operation.Set, "another", new string('@', 128));
        Assert.Equal("8f9edf51556c922f", _machine.Digest.ToString("x16", null));
    }

    [Fact]
    public void Every_bit_of_an_entry_changes_its_hash()
    {
        byte[] key = Bytes("0123456789");
        byte[] value = new byte[70];
        var seen = new HashSet<ulong> { KvStateMachineDigest.OfEntry(key, value) };
        for (int bit = 0; bit < 8 * value.Length; bit++)
        {
            value[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(seen.Add(KvStateMachineDigest.OfEntry(key, value)));
            value[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        for (int bit = 0; bit < 8 * key.Length; bit++)
        {
            key[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(seen.Add(KvStateMachineDigest.OfEntry(key, value)));
            key[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Keys_and_values_over_the_limit_are_refused_with_the_cure_but_applied_if_already_in_the_log()
    {
        var narrow = new KvStateMachine(new KvStateMachineOptions { KeyBytesMax = 4, ValueBytesMax = 8 });
        Assert.Equal(Code.Ok, narrow.Validate(Command(Operation.Set, "1234", "12345678"), out _));
        Assert.Equal(Code.TooLarge, narrow.Validate(Command(Operation.Set, "12345", ""), out string key));
        Assert.Contains("-keymax", key, StringComparison.Ordinal);
        Assert.Equal(Code.TooLarge, narrow.Validate(Command(Operation.Set, "k", "123456789"), out string value));
        Assert.Contains("-valuemax", value, StringComparison.Ordinal);
        Assert.Contains("9 bytes", value, StringComparison.Ordinal);

        Assert.Equal((Code.Ok, ""), Apply(narrow, Operation.Set, "k", "123456789"));
        Assert.Equal((Code.Ok, "123456789"), Query(narrow, "k"));
    }

    [Fact]
    public void Garbage_is_refused_and_changes_nothing()
    {
        Apply(Operation.Set, "k", "v");
        ulong digest = _machine.Digest;
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            byte[] garbage = new byte[random.Next(40)];
            random.NextBytes(garbage);
            if (KvCommandView.TryRead(garbage, out _))
                continue;
            var response = new ArrayBufferWriter<byte>();
            Assert.Equal(Code.BadRequest, _machine.Validate(garbage, out string message));
            Assert.NotEmpty(message);
            Assert.Equal(Code.BadRequest, _machine.Query(garbage, response, out message));
            Assert.NotEmpty(message);
            Assert.Equal(Code.BadRequest, _machine.Apply(new LogIndex(++_index), 0, garbage, response));
            Assert.Equal(0, response.WrittenCount);
        }
        Assert.Equal(digest, _machine.Digest);
    }

    [Fact]
    public void A_query_cannot_write()
    {
        var response = new ArrayBufferWriter<byte>();
        Assert.Equal(Code.BadRequest, _machine.Query(Command(Operation.Set, "k", "v"), response, out string message));
        Assert.Contains("read", message, StringComparison.Ordinal);
        Assert.Equal(0, _machine.Count);
    }

    [Fact]
    public void Overwriting_a_value_by_one_of_its_size_allocates_nothing()
    {
        byte[] command = Command(Operation.Set, "key", new string('@', 128));
        var response = new ArrayBufferWriter<byte>();
        _machine.Apply(new LogIndex(1), 0, command, response);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong i = 2; i < 1000; i++)
            _machine.Apply(new LogIndex(i), 0, command, response);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Random_commands_leave_what_a_simple_model_holds()
    {
        var random = new Random(7);
        var model = new Dictionary<string, string>();
        for (int i = 0; i < 20_000; i++)
        {
            string key = random.Next(200).ToString("d3", null);
            if (random.Next(4) == 0)
            {
                bool existed = model.Remove(key);
                Assert.Equal((existed ? Code.Ok : Code.NotFound, ""), Apply(Operation.Delete, key));
            }
            else
            {
                model[key] = new string((char)('a' + random.Next(26)), random.Next(100));
                Assert.Equal((Code.Ok, ""), Apply(Operation.Set, key, model[key]));
            }
        }
        var copy = new KvStateMachine();
        foreach ((string key, string value) in model)
        {
            Assert.Equal((Code.Ok, value), Query(_machine, key));
            copy.Load(Bytes(key), Bytes(value));
        }
        Assert.Equal(model.Count, _machine.Count);
        Assert.Equal(copy.Digest, _machine.Digest);
    }

    [Fact]
    public void What_is_expected_changes_nothing_whatever_becomes_of_it()
    {
        // Keys that were never there, that are removed meanwhile, that come again, and bytes that are no command.
        var random = new Random(3);
        var other = new KvStateMachine();
        for (int i = 0; i < 3_000; i++)
        {
            string key = "key " + random.Next(300);
            _machine.Expect(Command(Operation.Get, "key " + random.Next(600)));
            _machine.Expect(random.Next(2) == 0 ? [0xff, 0x01] : Command(Operation.Delete, key));
            Operation operation = random.Next(3) == 0 ? Operation.Delete : Operation.Set;
            string value = new('x', random.Next(40));
            Assert.Equal(Apply(other, operation, key, value), Apply(operation, key, value));
        }
        Assert.Equal(other.Digest, _machine.Digest);
        Assert.Equal(other.Count, _machine.Count);
    }

    [Fact]
    public void Wants_to_know_what_is_coming_once_it_holds_more_than_a_processor_keeps_close()
    {
        Assert.Equal(0, _machine.ExpectsAhead);
        for (int i = 0; i < 1 << 14; i++)
            _machine.Load(BitConverter.GetBytes(i), []);
        Assert.InRange(_machine.ExpectsAhead, 1, 100);
    }

    [Fact]
    public void The_bucket_hash_is_siphash()
    {
        // CPython's hash of the same bytes with PYTHONHASHSEED=0 is SipHash-1-3 under a key of zeros.
        byte[] message = [.. Enumerable.Range(0, 15).Select(i => (byte)i)];
        ulong hash = KvStateMachineKeys.SipHash13(0, 0, message);
        Assert.Equal("f30eb725bb91c9ea", hash.ToString("x16", null));
    }

    private (Code Code, string Answer) Apply(Operation operation, string key, string value = "") =>
        Apply(_machine, operation, key, value);

    private (Code Code, string Answer) Apply(KvStateMachine machine, Operation operation, string key, string value = "")
    {
        var response = new ArrayBufferWriter<byte>();
        Code code = machine.Apply(new LogIndex(++_index), 0, Command(operation, key, value), response);
        return (code, Encoding.UTF8.GetString(response.WrittenSpan));
    }

    private static (Code Code, string Answer) Query(KvStateMachine machine, string key)
    {
        var response = new ArrayBufferWriter<byte>();
        Code code = machine.Query(Command(Operation.Get, key), response, out string message);
        Assert.Equal("", message);
        return (code, Encoding.UTF8.GetString(response.WrittenSpan));
    }

    private static byte[] Command(Operation operation, string key, string value = "") =>
        new KvCommand
        {
            Operation = operation,
            Key = ByteString.CopyFromUtf8(key),
            Value = ByteString.CopyFromUtf8(value),
        }.ToByteArray();

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
