namespace Chorus.Common.Transfer;

/// <summary>Why a source does not serve a stream.</summary>
public enum TransferRefusal : byte
{
    /// <summary>It does.</summary>
    None = 0,

    /// <summary>The request makes no sense, or is of a version that the source does not speak.</summary>
    BadRequest = 1,

    /// <summary>The source belongs to another cluster.</summary>
    WrongCluster = 2,

    /// <summary>The range begins before what the source still keeps: a gap. First says what it keeps.</summary>
    NoLongerKept = 3,

    /// <summary>The range begins behind what the source has. Limit says how far it is.</summary>
    NotYetThere = 4,

    /// <summary>The receiver's last record is not the source's: one of the two logs is of something else.</summary>
    WrongChain = 5,

    /// <summary>Too many streams are open, or this one was idle for too long.</summary>
    Overloaded = 6,

    /// <summary>The source finds its own data damaged there.</summary>
    Damaged = 7,

    /// <summary>The source has no content of this kind.</summary>
    NotServed = 8,
}
