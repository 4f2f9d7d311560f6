using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetSniff.Storage;

/// <summary>Makes sure that a file's blocks are there before it is mapped: a store into a hole of a full disk is a bus
/// error, and that ends the process.</summary>
internal static partial class DiskSpace
{
    public const int NoSpace = 28; // ENOSPC
    private const int OverQuota = 122; // EDQUOT
    private const int NotSupported = 95; // EOPNOTSUPP
    private const int InvalidHere = 22; // EINVAL: some file systems say this instead
    private const int ZeroBytes = 1 << 20;

    /// <summary>Grows an empty file to <paramref name="length"/> bytes with all blocks allocated.</summary>
    /// <returns>False when the disk, or the user's share of it, is full.</returns>
    /// <exception cref="IOException">Anything else that went wrong.</exception>
    public static bool TryReserve(SafeFileHandle file, long length)
    {
        if (!OperatingSystem.IsLinux()) return TryWriteZeros(file, length);

        var error = PosixFallocate(file, 0, length);
        return error switch
        {
            0 => true,
            NoSpace or OverQuota => false,
            NotSupported or InvalidHere => TryWriteZeros(file, length),
            _ => throw new IOException($"cannot reserve {length} bytes: {Marshal.GetPInvokeErrorMessage(error)}"),
        };
    }

    /// <summary>Whether room, on the disk or for one more file on it, is what was missing.</summary>
    /// <remarks>0x27 and 0x70 are Windows' ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.</remarks>
    public static bool IsFull(IOException problem) =>
        (problem.HResult & 0xffff) is NoSpace or OverQuota or 0x27 or 0x70;

    private static bool TryWriteZeros(SafeFileHandle file, long length)
    {
        var zeros = new byte[(int)Math.Min(ZeroBytes, length)];
        try
        {
            for (var written = 0L; written < length; written += zeros.Length)
            {
                RandomAccess.Write(file, zeros.AsSpan(0, (int)Math.Min(zeros.Length, length - written)), written);
            }

            return true;
        }
        catch (IOException full) when (IsFull(full))
        {
            return false;
        }
    }

    // Returns the error instead of setting errno.
    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int PosixFallocate(SafeFileHandle file, long offset, long length);
}
