using System.Globalization;
using Chorus.Common.Protocol;

namespace Chorus.Common.Client;

/// <summary>What is said of an operation that ends without an answer.</summary>
internal sealed class Outcomes(LinkTable links, LeaderSearch search, TimeSpan timeout)
{
    private const string UnknownCure = "Read the key before sending it again: it may have been applied, or still be";
    private const string UnknownMeaning = "the write may or may not have been applied";
    private const int ServersNamedMax = 5;

    internal ClientResult AtDeadline(Operation operation)
    {
        string time = timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        if (operation is { State: OperationState.Sent, IsWrite: true })
        {
            return Unknown($"{operation.Link!.Endpoint} did not answer within {time} s: {UnknownMeaning}");
        }

        if (operation.MayBeApplied)
            return Unknown($"no answer came within {time} s, nor when it was sent again: {UnknownMeaning}");

        if (operation.State == OperationState.Sent)
        {
            return NotLeader(
                $"{operation.Link!.Endpoint} did not answer within {time} s",
                "Check that a majority of the replicas runs; Client status shows each of them");
        }

        if (operation.Refusal.Code != Code.Ok)
            return operation.Refusal;
        if (operation.Target is { } target)
            return NotLeader($"{target} could not be reached within {time} s", "Check that it runs");
        return Unsent(time);
    }

    internal static ClientResult Lost(Operation operation) =>
        Unknown($"the connection with {operation.Link!.Endpoint} broke before it answered: {UnknownMeaning}");

    internal static ClientResult Expired() =>
        Unknown($"the session has expired before an answer came: {UnknownMeaning}");

    internal static ClientResult RefusedLater(in ClientResult refusal) =>
        Unknown($"no answer came, and when it was sent again: {refusal.Message}; {UnknownMeaning}");

    internal static ClientResult Cancelled(Operation operation) => Ended(operation, "the wait was cancelled");

    internal static ClientResult Closed(Operation operation) => Ended(operation, "the client was closed");

    internal static ClientResult NeverBegun() =>
        NotLeader("the wait was cancelled before it was sent; nothing was done", "");

    internal static ClientResult TooLarge(int length, int lengthMax) => new(
        Code.TooLarge,
        default,
        0,
        string.Create(CultureInfo.InvariantCulture, $"the request has {length} bytes; {lengthMax} is the most"),
        "Split the value");

    private static ClientResult Ended(Operation operation, string why)
    {
        if (operation.State != OperationState.Sent && !operation.MayBeApplied)
            return NotLeader($"{why} before it was sent; nothing was done", "");
        return operation.IsWrite
            ? Unknown($"{why} before an answer came: {UnknownMeaning}")
            : new ClientResult(Code.OutcomeUnknown, default, 0, $"{why} before an answer came", "");
    }

    private static ClientResult Unknown(string message) =>
        new(Code.OutcomeUnknown, default, 0, message, UnknownCure);

    private static ClientResult NotLeader(string message, string cure) =>
        new(Code.NotLeader, default, 0, message, cure);

    private ClientResult Unsent(string time)
    {
        string servers = string.Join(", ", links.All.Take(ServersNamedMax).Select(static link => link.Endpoint));
        if (links.All.Count > ServersNamedMax)
            servers += ", ...";
        int connected = links.ConnectedCount;
        if (connected == 0)
        {
            return NotLeader(
                $"no server could be reached within {time} s ({servers}); nothing was done",
                "Check that the replicas run and that these are their client addresses");
        }

        if (search.CanSend(long.MaxValue))
        {
            return NotLeader(
                $"the leader {search.LeaderAddress} took no more requests within {time} s; nothing was done",
                "Send less at once, or wait longer");
        }

        return NotLeader(
            $"no leader was found within {time} s ({connected} of {links.All.Count} servers answer: {servers}); " +
            "nothing was done",
            "Start the missing replicas: a majority must run. Client status shows each of them");
    }
}
