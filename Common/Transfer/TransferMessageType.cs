namespace Chorus.Common.Transfer;

/// <summary>Messages of Transfer; below 16 from the receiver, from 16 on from the source.</summary>
public enum TransferMessageType : byte
{
    /// <summary>Begins a stream and gives its first credit.</summary>
    Open = 1,

    /// <summary>Lets the source send more chunks.</summary>
    Credit = 2,

    /// <summary>Ends a stream early.</summary>
    Close = 3,

    /// <summary>Asks what the source has; answered by <see cref="Description"/>.</summary>
    Describe = 4,

    /// <summary>
    /// An observer says how far its record is durable; the body is its id, in ASCII. Not answered.
    /// </summary>
    Report = 5,

    /// <summary>A part of a stream: whole records, or a piece of an image.</summary>
    Chunk = 16,

    /// <summary>The stream is complete: everything asked for was sent.</summary>
    End = 17,

    /// <summary>The source cannot serve the stream, or not go on with it; the body says why and what to do.</summary>
    Refused = 18,

    /// <summary>A serialized <see cref="Protocol.LogDescription"/>.</summary>
    Description = 19,
}
