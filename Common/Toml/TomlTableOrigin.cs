namespace Chorus.Common.Toml;

/// <summary>How a table came to be: decides what may still be added to it.</summary>
internal enum TomlTableOrigin
{
    /// <summary>Mentioned on the way to a table below it; a header may still define it.</summary>
    Implicit,

    /// <summary>Defined by a header, or an element of an array of tables, or the document itself.</summary>
    Header,

    /// <summary>Defined by dotted keys; grows only under the same header.</summary>
    Dotted,

    /// <summary>Written in braces: complete.</summary>
    Inline,
}
