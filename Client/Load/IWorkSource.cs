namespace Chorus.Client.Load;

/// <summary>Tells a caller what to do next: the difference between a closed and an open loop.</summary>
internal interface IWorkSource
{
    /// <summary>Asks for work. Called by any thread, for each caller by one at a time.</summary>
    /// <param name="caller">Who asks. When told to wait it is resumed when there is work or the end has come.</param>
    /// <param name="work">The operation to issue now.</param>
    WorkAnswer Take(Caller caller, out Work work);
}

/// <summary>One operation.</summary>
/// <param name="DueTimestamp">When it should have been sent; 0 for now.</param>
/// <param name="Measured">Whether it was due in the measured window.</param>
internal readonly record struct Work(long DueTimestamp, bool Measured);

/// <summary>Answer to a caller who asks for work.</summary>
internal enum WorkAnswer
{
    Issue,
    Wait,
    Finish,
}
