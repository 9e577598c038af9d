using Chorus.Common.Protocol;

namespace Chorus.Common.Replica;

/// <summary>Where one answer goes.</summary>
/// <param name="Connection">Who asked.</param>
/// <param name="RequestId">Id of the request, echoed; 0 for a text request.</param>
/// <param name="Text">The kind of a request in the text form, answered in it; null for the binary form.</param>
internal readonly record struct ReplyTarget(ClientConnection Connection, ulong RequestId, TextCommandKind? Text);
