using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Chorus.Raft;

/// <summary>
/// Assertions that stay on in Release: a broken invariant stops the process with the log intact.
/// </summary>
public static class Check
{
    /// <summary>
    /// Stops with <see cref="InvariantViolationException"/> when a condition that must hold does not.
    /// </summary>
    /// <param name="condition">What must hold.</param>
    /// <param name="why">What it means that it does not.</param>
    /// <param name="expression">The condition as written; filled in by the compiler.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void That(
        [DoesNotReturnIf(false)] bool condition,
        string why,
        [CallerArgumentExpression(nameof(condition))] string expression = "")
    {
        if (!condition)
            Fail(why, expression);
    }

    [DoesNotReturn]
    private static void Fail(string why, string expression) =>
        throw new InvariantViolationException($"{why} (broken: {expression})");
}
