using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Chorus.Common.KeyValue;

/// <summary>Asks the processor for memory that will be needed soon, without waiting for it.</summary>
internal static class Prefetch
{
    /// <summary>Asks for the line of memory that something begins in. Does nothing where there is no way to.</summary>
    /// <param name="at">May be nothing, too: such a hint costs no more than a lost one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void From<T>(ref readonly T at)
        where T : struct
    {
        // Nobody reads through the pointer: an object that the garbage collector moves meanwhile was asked for in vain.
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in at)));
    }
}
