using System.Globalization;
using Chorus.Common.Protocol;
using Operation = Chorus.Common.Protocol.KvCommand.Types.Operation;

namespace Chorus.Logger.Tools;

/// <summary>What the tools call the operations of the key-value state.</summary>
internal static class CommandText
{
    /// <summary>The name of an operation.</summary>
    public static string NameOf(Operation operation) => operation switch
    {
        Operation.CompareAndSet => "compare-and-set",
        _ => operation.ToString().ToLowerInvariant(),
    };

    /// <summary>What an increment adds, with its sign.</summary>
    public static string DeltaOf(in KvCommandView command) =>
        command.Delta.ToString("+0;-0;0", CultureInfo.InvariantCulture);
}
