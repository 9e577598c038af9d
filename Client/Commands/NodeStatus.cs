using Chorus.Common.Protocol;

namespace Chorus.Client.Commands;

/// <summary>One node that was asked.</summary>
/// <param name="Id">Its name; null when it did not answer and nobody knows its address.</param>
/// <param name="Address">Where it was asked.</param>
/// <param name="Status">What it answered; null when it did not.</param>
internal sealed record NodeStatus(string? Id, string Address, Status? Status);
