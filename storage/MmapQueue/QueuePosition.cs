using System.Runtime.InteropServices;
using NetSniff.Buffers;

namespace NetSniff.Storage.MmapQueue;

/// <summary>How far a queue has been acknowledged, and what it gave up: one page on disk.</summary>
/// <remarks>Two copies, written in turn, each with its checksum: a write cut short leaves the other one.</remarks>
internal sealed unsafe class QueuePosition : IDisposable
{
    private const string FileName = "position";
    private const int CopyBytes = 64;
    private const int FileBytes = 4096;

    private readonly MappedFile _file;
    private State _state;

    private QueuePosition(MappedFile file)
    {
        _file = file;
        for (var copy = 0; copy < 2; copy++)
        {
            var found = MemoryMarshal.Read<State>(file.Slice(copy * CopyBytes, CopyBytes));
            if (found.Turn > _state.Turn && found.Crc == CrcOf(found)) _state = found;
        }
    }

    [StructLayout(LayoutKind.Sequential, Size = CopyBytes)]
    private struct State
    {
        public ulong Turn;
        public ulong Acknowledged;
        public ulong DroppedThrough;
        public ulong Boot;
        public long RecordsAcknowledged;
        public long RecordsDropped;
        public ulong Sent;
        public uint Crc;
    }

    /// <summary>Entries up to this number need not be kept; 0 for none.</summary>
    public ulong Acknowledged => _state.Acknowledged;

    /// <summary>Entries up to this number that were not acknowledged are lost; 0 for none.</summary>
    public ulong DroppedThrough => _state.DroppedThrough;

    /// <summary>Entries up to this number were handed to the network at least once; 0 for none.</summary>
    public ulong Sent => _state.Sent;

    /// <summary>Which start of the machine wrote here last.</summary>
    public ulong Boot => _state.Boot;

    public long RecordsAcknowledged => _state.RecordsAcknowledged;

    public long RecordsDropped => _state.RecordsDropped;

    /// <returns>Null when the disk is full.</returns>
    public static QueuePosition? TryOpen(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (System.IO.File.Exists(path) && new FileInfo(path).Length == FileBytes) return new(MappedFile.Open(path));

        // A file of another length is one whose making was cut short: nothing had been acknowledged then.
        System.IO.File.Delete(path);
        return MappedFile.TryCreate(path, FileBytes) is { } made ? new(made) : null;
    }

    public void Enter(ulong boot)
    {
        var next = _state;
        next.Boot = boot;
        Store(next);
    }

    public void MarkSent(ulong sequence)
    {
        var next = _state;
        next.Sent = sequence;
        Store(next);
    }

    public void Acknowledge(ulong sequence, long records)
    {
        var next = _state;
        next.Acknowledged = sequence;
        next.RecordsAcknowledged += records;
        Store(next);
    }

    public void Drop(ulong through, long records)
    {
        var next = _state;
        next.DroppedThrough = through;
        next.RecordsDropped += records;
        Store(next);
    }

    public void Sync() => _file.Sync();

    public void Dispose() => _file.Dispose();

    private void Store(State next)
    {
        next.Turn++;
        next.Crc = CrcOf(next);
        MemoryMarshal.Write(_file.Slice((int)(next.Turn & 1) * CopyBytes, CopyBytes), in next);
        _state = next;
    }

    private static uint CrcOf(State state)
    {
        state.Crc = 0;
        return Crc32C.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<State>(in state)));
    }
}
