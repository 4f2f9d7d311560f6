using System.Runtime.InteropServices;
using NetSniff.Buffers;

namespace NetSniff.Storage.MmapQueue;

/// <summary>How far a queue has been acknowledged, and what it gave up: one page on disk.</summary>
/// <remarks>Two copies, written in turn, each with its checksum: a write cut short leaves the other one.</remarks>
internal sealed unsafe class QueuePosition : IDisposable
{
    private const string FileName = "position";
    private const int CopyBytes = 64;
    private const int FloorsAt = 2 * CopyBytes;
    private const int FloorBytes = 16;
    private const int FileBytes = 4096;

    private readonly MappedFile _file;
    private State _state;
    private int _floorCopy;

    private QueuePosition(MappedFile file)
    {
        _file = file;
        for (var copy = 0; copy < 2; copy++)
        {
            var found = MemoryMarshal.Read<State>(file.Slice(copy * CopyBytes, CopyBytes));
            if (found.Turn > _state.Turn && found.Crc == CrcOf(found)) _state = found;
            var floor = MemoryMarshal.Read<FloorMark>(file.Slice(FloorsAt + copy * FloorBytes, FloorBytes));
            if (floor.Number > Floor && floor.Crc == FloorMark.CrcOf(floor.Number))
            {
                (Floor, _floorCopy) = (floor.Number, copy);
            }
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

    /// <summary>Behind the copies, so that a page of an earlier version is one without it.</summary>
    [StructLayout(LayoutKind.Sequential, Size = FloorBytes)]
    private struct FloorMark
    {
        public ulong Number;
        public uint Crc;

        public static uint CrcOf(ulong number) => Crc32C.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in number)));
    }

    /// <summary>Numbers up to this one are not given again, whether or not they ever were; 0 for none.</summary>
    public ulong Floor { get; private set; }

    /// <summary>Entries up to this number need not be kept; 0 for none.</summary>
    public ulong Acknowledged => _state.Acknowledged;

    /// <summary>Entries up to this number that were not acknowledged are lost; 0 for none.</summary>
    public ulong DroppedThrough => _state.DroppedThrough;

    /// <summary>Entries up to this number were handed to the network at least once; 0 for none.</summary>
    public ulong Sent => _state.Sent;

    /// <summary>What is to be held while it is synced.</summary>
    public MappedFile File => _file;

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

    /// <summary>Called before what makes it needed is stored.</summary>
    public void RaiseFloor(ulong number)
    {
        if (number <= Floor) return;

        _floorCopy = 1 - _floorCopy;
        var mark = new FloorMark { Number = number, Crc = FloorMark.CrcOf(number) };
        MemoryMarshal.Write(_file.Slice(FloorsAt + _floorCopy * FloorBytes, FloorBytes), in mark);
        Floor = number;
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

    /// <summary>Entries up to this number go, and nobody got them: whoever gives them up counts their records.
    /// </summary>
    public void GiveUp(ulong sequence)
    {
        var next = _state;
        next.Acknowledged = sequence;
        Store(next);
    }

    public void Drop(ulong through, long records)
    {
        var next = _state;
        next.DroppedThrough = through;
        next.RecordsDropped += records;
        Store(next);
    }

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
