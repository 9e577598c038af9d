namespace Chorus.Common.Log;

/// <summary>A piece of disk work.</summary>
public interface IDiskJob
{
    /// <summary>Writes. What it leaves unsynced may be lost or torn by a crash before <see cref="Sync"/>.</summary>
    void Write();

    /// <summary>Makes everything durable, then visible to the loop (which the executor wakes).</summary>
    void Sync();

    /// <summary>
    /// Called instead of the rest when a step threw: makes the failure visible to the loop, which stops the node.
    /// </summary>
    void Fail(Exception error);
}
