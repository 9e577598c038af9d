namespace Chorus.Logger.Tools;

/// <summary>How a tool answers.</summary>
internal enum ToolFormat
{
    /// <summary>As suits whoever reads: people at a terminal, or a program.</summary>
    Any = 0,

    /// <summary>For people.</summary>
    Table = 1,

    /// <summary>JSON; of many records, one to a line.</summary>
    Json = 2,
}
