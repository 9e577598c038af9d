using Chorus.Common.Protocol;
using Chorus.Simulation.Checks;

namespace Chorus.Simulation.Clients;

/// <summary>
/// What a client knows of its session; and a check, over all answers that ever come, late and repeated ones included,
/// that a command is answered alike whenever it is asked for.
/// </summary>
/// <param name="client">Name of the client.</param>
internal sealed class ClientSession(string client)
{
    private readonly Dictionary<ulong, (ulong Session, ulong Sequence)> _asked = [];
    private readonly Dictionary<(ulong Session, ulong Sequence), Response> _answers = [];

    /// <summary>The session; 0 while there is none.</summary>
    public ulong Id { get; private set; }

    /// <summary>Sequence of the command under way.</summary>
    public ulong Sequence { get; private set; }

    /// <summary>Whether the command under way was sent and not refused for certain.</summary>
    public bool MayBeApplied { get; set; }

    /// <summary>A command begins; the ones before it are answered or given up.</summary>
    public void Begin()
    {
        Sequence++;
        MayBeApplied = false;
    }

    /// <summary>A session was opened, for the command under way.</summary>
    public void Opened(ulong id) => (Id, Sequence) = (id, 1);

    /// <summary>The session is gone, or the client has lost it.</summary>
    public void Forget() => Id = 0;

    /// <summary>Puts session and sequence on a write.</summary>
    public Request Sign(Request request)
    {
        request.Session = Id;
        request.Sequence = request.AcknowledgedBelow = Sequence;
        _asked.Add(request.Id, (Id, Sequence));
        return request;
    }

    /// <summary>The same write as another request.</summary>
    public Request Again(Request request, ulong id)
    {
        Request copy = request.Clone();
        copy.Id = id;
        _asked.Add(id, (copy.Session, copy.Sequence));
        return copy;
    }

    /// <summary>An answer has come, to whatever request.</summary>
    public void Note(Response response)
    {
        if (response.Code is not (Code.Ok or Code.NotFound or Code.ConditionFailed)
            || !_asked.TryGetValue(response.Id, out (ulong Session, ulong Sequence) command))
            return;
        if (_answers.TryAdd(command, response) || _answers[command] is not { } first)
            return;
        if (first.Code != response.Code || first.Index != response.Index || first.Payload != response.Payload)
        {
            throw new Violation(
                "answered alike",
                $"{client}: command {command.Sequence} of session {command.Session} is answered {response.Code} "
                    + $"@{response.Index} after {first.Code} @{first.Index}");
        }
    }
}
