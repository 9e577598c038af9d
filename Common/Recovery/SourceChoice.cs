using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Common.Recovery;

/// <summary>What the sources that answered have in common.</summary>
public sealed record SourceChoice
{
    private const string PreloadWord = "preload ";

    /// <summary>The cluster that all of them are of.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>Those that answered, those that have most first.</summary>
    public required IReadOnlyList<SurveyedSource> Sources { get; init; }

    /// <summary>Newest index that one of them has.</summary>
    public LogIndex Limit => Sources.Max(source => source.Last);

    /// <summary>What the state machines of the cluster held at first, as the sources say.</summary>
    public string StateBase => Sources
        .Select(source => source.Description!.StateBase).FirstOrDefault(text => text.Length > 0, "");

    /// <summary>Client addresses of the members that the sources know.</summary>
    public IReadOnlyList<string> ClientAddresses =>
    [
        .. Sources.SelectMany(source => source.Description!.Members).Select(member => member.ClientAddress).Distinct(),
    ];

    /// <summary>Judges the answers.</summary>
    /// <exception cref="ChorusException">There are none, or they are of several clusters.</exception>
    public static SourceChoice Of(IReadOnlyList<SurveyedSource> survey)
    {
        SurveyedSource[] answered = [.. survey.Where(source => source.Description is not null)];
        if (answered.Length == 0)
        {
            throw new ChorusException(
                ExitCodes.Unreachable, "unreachable",
                $"no source answers at {string.Join(", ", survey.Select(source => source.Address))}",
                "Start a replica or a logger, and name its -hrecov address (of a replica: -raft port + 2000)");
        }
        if (answered.FirstOrDefault(source => source.ClusterId != answered[0].ClusterId) is { } other)
        {
            throw ChorusException.Failed(
                "wrong_cluster",
                $"the sources are of different clusters: {answered[0].Address} of {answered[0].ClusterId}, "
                    + $"{other.Address} of {other.ClusterId}",
                "Name sources of one cluster");
        }
        return new SourceChoice
        {
            ClusterId = answered[0].ClusterId,
            Sources = [.. answered.OrderByDescending(source => source.Last)],
        };
    }

    /// <summary>A directory for a member would make a second node of its name, which the cluster refuses.</summary>
    /// <param name="name">Name of the node that shall start from the directory.</param>
    /// <exception cref="ChorusException">The cluster has a member of that name.</exception>
    public void CheckIsNew(string name)
    {
        if (Sources.Any(source => source.Description!.Members.Any(member => member.Id == name)))
        {
            throw ChorusException.Usage(
                $"-id: '{name}' is a member of the cluster",
                $"Choose a name that no member has, or remove that one first: Client members remove {name}");
        }
    }

    /// <summary>What a fresh state machine must be filled with.</summary>
    /// <param name="given">What the user says; null: nothing.</param>
    /// <param name="stateBase">What the cluster says.</param>
    /// <exception cref="ChorusException">The two contradict each other, or it is nothing that can be made
    /// here.</exception>
    public static Preload PreloadOf(Preload? given, string stateBase)
    {
        if (given is { } preload && preload.Base != stateBase)
        {
            throw ChorusException.Usage(
                $"-preload: the cluster started from '{stateBase}', not from '{preload.Base}'", "Leave it out");
        }
        // A file of slots begins empty too, and its digest is that of the keys and values in it.
        if (stateBase.Length == 0 || SlotGeometry.TryParse(stateBase, out _))
            return default;
        if (!stateBase.StartsWith(PreloadWord, StringComparison.Ordinal))
        {
            throw ChorusException.Failed(
                "state_base", $"the cluster started from '{stateBase}', which this version cannot make",
                "Use the version of Recovery that came with the replicas");
        }
        return Preload.Parse(stateBase[PreloadWord.Length..]);
    }
}
