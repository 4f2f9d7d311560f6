using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace NetSniff.Storage;

/// <summary>A file of fixed length in memory. Stays mapped while anybody holds it, even when it has been deleted.
/// </summary>
/// <remarks>What is stored through the mapping survives the end of the process, however sudden, for the pages belong to
/// the kernel. It survives a power cut after <see cref="Sync"/>.</remarks>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _data;
    private int _holders = 1;

    private MappedFile(string path, MemoryMappedFile map, long length, MemoryMappedFileAccess access)
    {
        Path = path;
        Length = length;
        _map = map;
        _view = map.CreateViewAccessor(0, length, access);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _data);
        _data += _view.PointerOffset;
    }

    public string Path { get; }

    public long Length { get; }

    public byte* Data => _data;

    /// <summary>Makes a file of zeros, every block of it on disk.</summary>
    /// <returns>Null when the disk is full; then there is no file.</returns>
    /// <exception cref="IOException">Anything else is in the way; then there is none either.</exception>
    public static MappedFile? TryCreate(string path, long length)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(
                path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (IOException full) when (DiskSpace.IsFull(full))
        {
            return null;
        }

        var isMade = false;
        try
        {
            if (!DiskSpace.TryReserve(handle, length)) return null;

            var made = Open(path);
            isMade = true;
            return made;
        }
        finally
        {
            handle.Dispose();
            if (!isMade) File.Delete(path);
        }
    }

    /// <exception cref="IOException">It is not there, is empty, or may not be opened.</exception>
    public static MappedFile Open(string path) =>
        Open(path, FileAccess.ReadWrite, MemoryMappedFileAccess.ReadWrite);

    /// <summary>The same for who must not change it: another process may be at it.</summary>
    /// <exception cref="IOException">It is not there, is empty, or may not be opened.</exception>
    public static MappedFile OpenToRead(string path) => Open(path, FileAccess.Read, MemoryMappedFileAccess.Read);

    private static MappedFile Open(string path, FileAccess access, MemoryMappedFileAccess mapAccess)
    {
        var stream = new FileStream(
            path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var length = stream.Length;
        if (length == 0)
        {
            stream.Dispose();
            throw new IOException($"{path} is empty");
        }

        var map = MemoryMappedFile.CreateFromFile(
            stream, null, length, mapAccess, HandleInheritability.None, leaveOpen: false);
        return new MappedFile(path, map, length, mapAccess);
    }

    public Span<byte> Slice(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Length);
        return new Span<byte>(_data + offset, length);
    }

    /// <summary>One more who reads or writes here. False when it is gone already.</summary>
    public bool TryHold()
    {
        for (var seen = Volatile.Read(ref _holders); seen > 0; seen = Volatile.Read(ref _holders))
        {
            if (Interlocked.CompareExchange(ref _holders, seen + 1, seen) == seen) return true;
        }

        return false;
    }

    /// <summary>One holder less; the last one unmaps.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) > 0) return;

        _data = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }

    /// <summary>Waits until the pages are on disk.</summary>
    public void Sync() => _view.Flush();

    public void Dispose() => Release();
}
