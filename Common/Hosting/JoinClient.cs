using System.Diagnostics;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Hosting;

/// <summary>
/// Asks a cluster to take a node in, until it does, refuses for good, or nobody has answered for too long.
/// </summary>
/// <param name="context">Outlives the client.</param>
/// <param name="logger">Hears why it takes so long.</param>
internal sealed class JoinClient(ZmqContext context, ILogger logger)
{
    /// <summary>How long a node looks for a cluster before it gives up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const int AnswerTimeoutMs = 2_000;
    private const int ConfirmTimeoutMs = 1_000;
    private const int PauseMs = 100;

    /// <summary>Joins.</summary>
    /// <param name="target">Join socket of any member.</param>
    /// <param name="request">The node as it wants to be named.</param>
    /// <param name="stop">Ends the attempt.</param>
    /// <param name="patience">How long to try; <see cref="Patience"/> when null.</param>
    /// <returns>The cluster's welcome; null when stopped.</returns>
    /// <exception cref="ChorusException">The cluster refuses, or nobody answers.</exception>
    public JoinReply? Join(
        Endpoint target, JoinRequest request, CancellationToken stop, TimeSpan? patience = null)
    {
        TimeSpan limit = patience ?? Patience;
        byte[] bytes = request.ToByteArray();
        long start = Stopwatch.GetTimestamp();
        string lastObstacle = "nobody answers there";
        string said = "";
        while (!stop.IsCancellationRequested)
        {
            JoinReply? reply = Ask(target, bytes, AnswerTimeoutMs);
            if (reply is { Code: Code.Ok })
                return reply;
            ThrowIfRefused(target, reply);
            lastObstacle = reply?.Message ?? lastObstacle;
            if (said != lastObstacle)
                logger.JoinWaits(target.ToString(), said = lastObstacle);
            if (Stopwatch.GetElapsedTime(start) > limit)
            {
                throw new ChorusException(
                    ExitCodes.Unreachable, "join_unreachable",
                        $"joining through {target} failed for {limit.TotalSeconds:0} s: {lastObstacle}",
                    "Start a member with -hjoin at that address first, or correct -join");
            }
            stop.WaitHandle.WaitOne(PauseMs);
        }
        return null;
    }

    /// <summary>
    /// Shows a node that has data already to the cluster that it is told to join, once: a cluster that it does not
    /// belong to refuses it, one that has removed it takes it in again, one that knows it under another address notes
    /// the new one. No answer is no obstacle: the cluster may be down as a whole, and this node be what it waits for.
    /// </summary>
    /// <exception cref="ChorusException">The cluster refuses.</exception>
    /// <returns>The cluster's welcome; null when there was none.</returns>
    public JoinReply? Confirm(Endpoint target, JoinRequest request)
    {
        JoinReply? reply = Ask(target, request.ToByteArray(), ConfirmTimeoutMs);
        ThrowIfRefused(target, reply);
        if (reply is { Code: Code.Ok })
            return reply;
        logger.JoinUnconfirmed(target.ToString(), reply?.Message ?? "nobody answers there");
        return null;
    }

    private static void ThrowIfRefused(Endpoint target, JoinReply? reply)
    {
        if (reply is { Code: Code.BadRequest or Code.Internal })
            throw ChorusException.Failed(
                "join_refused", $"the cluster at {target} refuses this node: {reply.Message}", reply.Cure);
    }

    private JoinReply? Ask(Endpoint target, byte[] request, int timeoutMs)
    {
        using var socket = new DealerSocket(context);
        socket.Options.ReceiveTimeoutMs = timeoutMs;
        socket.Options.SendTimeoutMs = timeoutMs;
        socket.Options.Immediate = true;
        socket.Connect(target);
        using var answer = new ZmqMessage();
        if (!socket.SendFrame(request) || !socket.ReceiveFrame(answer))
            return null;
        try
        {
            return JoinReply.Parser.ParseFrom(answer.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            throw ChorusException.Failed(
                "join_refused", $"what listens at {target} is not a join socket",
                    "Name the address that a member got with -hjoin");
        }
    }
}
