using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Buffers;

namespace NetSniff.Storage.MmapQueue;

/// <summary>What a spool remembers beyond its lanes: one page on disk.</summary>
/// <remarks>Two copies, written in turn, each with its checksum: a write cut short leaves the other one.</remarks>
internal sealed class SpoolState : IDisposable
{
    private const string FileName = "state";
    private const int CopyBytes = 1024;
    private const int FileBytes = 4096;
    private const int NameBytes = 96;

    private readonly MappedFile _file;
    private State _state;

    private SpoolState(MappedFile file)
    {
        _file = file;
        for (var copy = 0; copy < 2; copy++)
        {
            var found = MemoryMarshal.Read<State>(file.Slice(copy * CopyBytes, CopyBytes));
            if (found.Turn > _state.Turn && found.Crc == CrcOf(found)) _state = found;
        }
    }

    /// <summary>An entry on its way from one lane to another.</summary>
    public readonly record struct Move(string From, ulong FromSequence, string To, ulong ToSequence, int Records);

    [InlineArray(NameBytes)]
    private struct Name
    {
        private byte _first;
    }

    [StructLayout(LayoutKind.Sequential, Size = CopyBytes)]
    private struct State
    {
        public ulong Turn;
        public ulong Floor;
        public long RecordsAcknowledged;
        public long RecordsDropped;
        public long RecordsMoved;
        public ulong FromSequence;
        public ulong ToSequence;
        public long MovingRecords;
        public Name From;
        public Name To;
        public Name Retiring;
        public uint Crc;
    }

    /// <summary>Numbers up to this one may have been used by a lane that is gone.</summary>
    public ulong Floor => _state.Floor;

    /// <summary>Counts of lanes that are gone.</summary>
    public long RecordsAcknowledged => _state.RecordsAcknowledged;

    public long RecordsDropped => _state.RecordsDropped;

    public long RecordsMoved => _state.RecordsMoved;

    public Move? Moving => _state.ToSequence == 0 ? null : new Move(
        Read(_state.From), _state.FromSequence, Read(_state.To), _state.ToSequence, (int)_state.MovingRecords);

    /// <summary>A lane that has been counted as gone and may still have a folder.</summary>
    public string? Retiring => Read(_state.Retiring) is { Length: > 0 } name ? name : null;

    /// <returns>Null when the disk is full.</returns>
    public static SpoolState? TryOpen(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (System.IO.File.Exists(path) && new FileInfo(path).Length == FileBytes) return new(MappedFile.Open(path));

        // A file of another length is one whose making was cut short: there was nothing to remember then.
        System.IO.File.Delete(path);
        return MappedFile.TryCreate(path, FileBytes) is { } made ? new(made) : null;
    }

    public void BeginMove(string from, ulong fromSequence, string to, ulong toSequence, int records)
    {
        var next = _state;
        next.FromSequence = fromSequence;
        next.ToSequence = toSequence;
        next.MovingRecords = records;
        next.From = Write(from);
        next.To = Write(to);
        Store(next);
    }

    public void EndMove(int records)
    {
        var next = _state;
        next.ToSequence = 0;
        next.RecordsMoved += records;
        Store(next);
    }

    public void BeginRetire(string lane, ulong lastSequence, long recordsAcknowledged, long recordsDropped)
    {
        var next = _state;
        next.Floor = Math.Max(next.Floor, lastSequence);
        next.RecordsAcknowledged += recordsAcknowledged;
        next.RecordsDropped += recordsDropped;
        next.Retiring = Write(lane);
        Store(next);
    }

    public void EndRetire()
    {
        var next = _state;
        next.Retiring = default;
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

    private static Name Write(string text)
    {
        Name name = default;
        Encoding.UTF8.GetBytes(text, MemoryMarshal.AsBytes(new Span<Name>(ref name)));
        return name;
    }

    private static string Read(Name name) =>
        Encoding.UTF8.GetString(MemoryMarshal.AsBytes(new ReadOnlySpan<Name>(in name))).TrimEnd('\0');

    private static uint CrcOf(State state)
    {
        state.Crc = 0;
        return Crc32C.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<State>(in state)));
    }
}
