using System.Globalization;
using System.Text.Json.Nodes;
using Chorus.Common.Client;
using Chorus.Common.Hosting;
using Chorus.Common.Protocol;

namespace Chorus.Client.Commands;

/// <summary>Get, set and delete, the same on the command line and in the REPL.</summary>
internal sealed class KeyOperations(Terminal terminal, ClusterAccess cluster, Answer answer, KeyText text)
{
    /// <summary>Prints the value as it is, and a newline. A key that does not exist is a failure.</summary>
    public async Task<int> GetAsync(string key)
    {
        ClientResult result = await cluster.GetAsync(text.Read(key, "key")).ConfigureAwait(false);
        if (result.Code == Code.NotFound)
            return answer.Fail(new ChorusException(
                ExitCodes.Failed, "not_found", $"there is no key '{key}'"));
        if (!result.IsSuccess)
            return answer.Fail(result);
        if (answer.IsJson)
            answer.Tell("", () => ValueNode(key, result.Payload.Span));
        else
            WriteValue(result.Payload.Span);
        return ExitCodes.Ok;
    }

    public async Task<int> SetAsync(string key, string value)
    {
        ClientResult result = await cluster.SetAsync(text.Read(key, "key"), text.Read(value, "value"))
            .ConfigureAwait(false);
        if (!result.IsSuccess)
            return answer.Fail(result);
        answer.Tell("OK", () => new JsonObject { ["key"] = key, ["index"] = result.Index });
        return ExitCodes.Ok;
    }

    /// <summary>Removes a key. Afterwards it does not exist, so that a key that did not exist is no failure.</summary>
    public async Task<int> DeleteAsync(string key)
    {
        ClientResult result = await cluster.DeleteAsync(text.Read(key, "key")).ConfigureAwait(false);
        if (!result.IsSuccess)
            return answer.Fail(result);
        bool existed = result.Code == Code.Ok;
        answer.Tell(existed ? "OK" : "OK (there was no such key)", () => new JsonObject
        {
            ["key"] = key,
            ["existed"] = existed,
            ["index"] = result.Index,
        });
        return ExitCodes.Ok;
    }

    /// <summary>Sets a key if its value is the expected one; without one, if there is no such key.</summary>
    public async Task<int> CompareAndSetAsync(string key, string? expected, string value)
    {
        ReadOnlyMemory<byte>? expectedBytes = expected is null ? null : text.Read(expected, "expected value");
        ClientResult result = await cluster.CompareAndSetAsync(
            text.Read(key, "key"), expectedBytes, text.Read(value, "value")).ConfigureAwait(false);
        if (result.Code == Code.ConditionFailed)
            return FailedCondition(key, "holds something else than expected", result);
        if (!result.IsSuccess)
            return answer.Fail(result);
        answer.Tell("OK", () => new JsonObject { ["key"] = key, ["index"] = result.Index });
        return ExitCodes.Ok;
    }

    /// <summary>Adds to a number and prints the sum.</summary>
    public async Task<int> IncrementAsync(string key, string delta)
    {
        if (!long.TryParse(delta, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
            throw ChorusException.Usage($"'{delta}' is not a whole number of 64 bits");
        ClientResult result = await cluster.IncrementAsync(text.Read(key, "key"), number).ConfigureAwait(false);
        if (result.Code == Code.ConditionFailed)
            return FailedCondition(key, "holds no number to which that could be added", result);
        if (!result.IsSuccess)
            return answer.Fail(result);
        string sum = System.Text.Encoding.UTF8.GetString(result.Payload.Span);
        answer.Tell(sum, () => new JsonObject { ["key"] = key, ["value"] = sum, ["index"] = result.Index });
        return ExitCodes.Ok;
    }

    private int FailedCondition(string key, string what, in ClientResult result)
    {
        string shown = result.Payload.IsEmpty ? "nothing, or an empty value" : $"'{text.Show(result.Payload.Span)}'";
        return answer.Fail(new ChorusException(
            ExitCodes.Failed, "condition_failed", $"nothing was changed: '{key}' {what}: {shown}",
            "Read the key, and decide again"));
    }

    private JsonObject ValueNode(string key, ReadOnlySpan<byte> value) => text.IsExact(value)
        ? new JsonObject { ["key"] = key, ["value"] = text.Show(value) }
        : new JsonObject { ["key"] = key, ["value_hex"] = Convert.ToHexStringLower(value) };

    private void WriteValue(ReadOnlySpan<byte> value)
    {
        terminal.Out.Flush();
        terminal.OutBytes.Write(text.IsExact(value) ? System.Text.Encoding.UTF8.GetBytes(text.Show(value)) : value);
        terminal.OutBytes.WriteByte((byte)'\n');
        terminal.OutBytes.Flush();
    }
}
