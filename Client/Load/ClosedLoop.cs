namespace Chorus.Client.Load;

/// <summary>The next operation of a caller is due as soon as the previous one was answered.</summary>
internal sealed class ClosedLoop(LoadPlan plan, RunState state) : IWorkSource
{
    private long _left = plan.Requests;

    public WorkAnswer Take(Caller caller, out Work work)
    {
        LoadPhase phase = state.Phase;
        work = new Work(0, phase == LoadPhase.Measure);
        if (phase == LoadPhase.Drain)
            return WorkAnswer.Finish;
        bool counted = phase == LoadPhase.Measure && plan.Requests > 0;
        return counted && Interlocked.Decrement(ref _left) < 0 ? WorkAnswer.Finish : WorkAnswer.Issue;
    }
}
