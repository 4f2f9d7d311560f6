using System.Globalization;
using System.Runtime.CompilerServices;
using NetSniff.Buffers;

namespace NetSniff.Storage.MmapQueue;

/// <summary>One file of a queue: entries one after the other, named by the sequence number of the first.</summary>
internal sealed unsafe class QueueSegment
{
    public const string Extension = ".seg";

    private QueueSegment(MappedFile file, ulong firstSequence)
    {
        File = file;
        FirstSequence = firstSequence;
        NextSequence = firstSequence;
    }

    public MappedFile File { get; private set; }

    public ulong FirstSequence { get; }

    /// <summary>One behind the last entry's.</summary>
    public ulong NextSequence { get; private set; }

    /// <summary>Bytes in use; entries end here. Written by the appender after the entry is whole.</summary>
    public long Used { get; private set; }

    public long Records { get; private set; }

    /// <summary>Time of the first entry; 0 while there is none.</summary>
    public long FirstNanos { get; private set; }

    public bool IsSealed { get; set; }

    /// <summary>Bytes behind the last whole entry that were no entry, found when an earlier run's file was read.
    /// </summary>
    public bool WasTorn { get; private set; }

    public int Entries => (int)(NextSequence - FirstSequence);

    public static string PathOf(string folder, ulong firstSequence) =>
        Path.Combine(folder, firstSequence.ToString("x16", CultureInfo.InvariantCulture) + Extension);

    public static bool TryParseName(string path, out ulong firstSequence) => ulong.TryParse(
        Path.GetFileNameWithoutExtension(path), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
        out firstSequence);

    /// <returns>Null when the disk is full.</returns>
    public static QueueSegment? TryCreate(string folder, ulong firstSequence, long bytes) =>
        MappedFile.TryCreate(PathOf(folder, firstSequence), bytes) is { } file ? new(file, firstSequence) : null;

    /// <summary>Reads what an earlier run left: every whole entry up to the first that is not.</summary>
    public static QueueSegment Recover(string path, ulong firstSequence)
    {
        var segment = new QueueSegment(MappedFile.Open(path), firstSequence) { IsSealed = true };
        while (segment.IsWhole(segment.Used, segment.NextSequence)) segment.Count(segment.At(segment.Used));
        segment.WasTorn = segment.File.Length - segment.Used >= EntryHeader.Size
            && segment.File.Slice(segment.Used, EntryHeader.Size).ContainsAnyExcept((byte)0);
        segment.GiveBackRest();
        return segment;
    }

    /// <summary>Nothing will be appended here: the blocks behind the last entry go back to the disk.</summary>
    private void GiveBackRest()
    {
        if (Used == 0 || Used == File.Length) return;

        var path = File.Path;
        File.Release();
        using (var handle = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.SetLength(handle, Used);
        }

        File = MappedFile.Open(path);
    }

    public EntryHeader* At(long position) => (EntryHeader*)(File.Data + position);

    public ReadOnlySpan<byte> Payload(long position) =>
        new(File.Data + position + EntryHeader.Size, LengthAt(position));

    public int LengthAt(long position) => (int)(At(position)->Mark & ~EntryHeader.Committed);

    public bool HasRoom(int payloadLength) =>
        !IsSealed && EntryHeader.Room(payloadLength) <= File.Length - Used;

    /// <summary>Writes an entry. There must be room.</summary>
    public void Append(ReadOnlySpan<byte> payload, int records, long timeNanos, uint kind)
    {
        var entry = At(Used);
        entry->Sequence = NextSequence;
        entry->TimeNanos = timeNanos;
        entry->Records = records;
        entry->Kind = kind;
        payload.CopyTo(new Span<byte>((byte*)entry + EntryHeader.Size, payload.Length));
        entry->Crc = CrcOf((byte*)entry, payload.Length);

        // Release order: whoever sees the mark, be it the next run after a kill, sees the rest.
        Volatile.Write(ref entry->Mark, EntryHeader.Committed | (uint)payload.Length);
        Count(entry);
    }

    /// <summary>Whether the bytes at a position are the entry of this number, unharmed.</summary>
    public bool IsWhole(long position, ulong sequence)
    {
        if (File.Length - position < EntryHeader.Size) return false;

        var entry = At(position);
        var mark = entry->Mark;
        if ((mark & EntryHeader.Committed) == 0) return false;

        var length = (int)(mark & ~EntryHeader.Committed);
        return length <= File.Length - position - EntryHeader.Size
            && entry->Sequence == sequence
            && entry->Crc == CrcOf((byte*)entry, length);
    }

    private void Count(EntryHeader* entry)
    {
        if (FirstNanos == 0) FirstNanos = entry->TimeNanos;
        Records += entry->Records;
        NextSequence++;
        Used += EntryHeader.Room((int)(entry->Mark & ~EntryHeader.Committed));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint CrcOf(byte* entry, int payloadLength) => Crc32C.Of(
        new ReadOnlySpan<byte>(entry + EntryHeader.CheckedFrom, EntryHeader.Size - EntryHeader.CheckedFrom + payloadLength));
}
