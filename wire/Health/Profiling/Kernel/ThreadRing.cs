using System.Runtime.InteropServices;

namespace NetSniff.Wire.Health.Profiling.Kernel;

/// <summary>Why there is no ring of a thread.</summary>
/// <param name="Error">What the kernel said.</param>
/// <param name="IsOfMemory">No more memory may be locked, which a smaller ring may get by with.</param>
internal readonly record struct RingRefusal(int Error, bool IsOfMemory)
{
    /// <summary>The thread has ended.</summary>
    public bool IsOver => Error == PerfNative.NoSuchThread && !IsOfMemory;

    public string Reason => IsOfMemory
        ? "too little memory may be locked"
        : Marshal.GetPInvokeErrorMessage(Error);

    /// <summary>Of the ring, when there is an event. What may be locked is said by all three.</summary>
    public static RingRefusal OfMemory(int error) =>
        new(error, error is PerfNative.NotPermitted or PerfNative.NoMemory or PerfNative.TryAgain);
}

/// <summary>One thread that the kernel samples, and the ring it lays the samples into.</summary>
internal sealed unsafe class ThreadRing : IDisposable
{
    private readonly int _descriptor;
    private readonly byte* _pages;
    private readonly int _dataBytes;
    private readonly PerfRecords _records;
    private bool _isOpen = true;

    private ThreadRing(int thread, int descriptor, byte* pages, int dataBytes, PerfRecords records)
    {
        _pages = pages;
        Name = ThreadList.NameOf(thread);
        (Thread, _descriptor, _dataBytes, _records) = (thread, descriptor, dataBytes, records);
    }

    public int Thread { get; }

    /// <summary>What the thread was called when it was seen first.</summary>
    public string Name { get; }

    public long Damaged => _records.Damaged;

    /// <summary>Time the thread ran since it is watched, in nanoseconds; goes on counting until the end.</summary>
    public ulong RanNanos
    {
        get
        {
            ulong value;
            return PerfNative.Read(_descriptor, &value, sizeof(ulong)) == sizeof(ulong) ? value : 0;
        }
    }

    public static ThreadRing? Open(
        int thread, PerfNative.Attributes attributes, int dataPages, IPerfVisitor visitor, out RingRefusal refusal)
    {
        var page = Environment.SystemPageSize;
        var dataBytes = dataPages * page;
        attributes.WakeUp = (uint)dataBytes; // nobody waits: rings are looked at when it is time
        refusal = default;
        var descriptor = PerfNative.Open(ref attributes, thread);
        if (descriptor < 0)
        {
            refusal = new RingRefusal(Marshal.GetLastPInvokeError(), IsOfMemory: false);
            return null;
        }

        var pages = PerfNative.Map(
            0, (nuint)(dataBytes + page), PerfNative.ReadWrite, PerfNative.Shared, descriptor, 0);
        if (pages == -1)
        {
            refusal = RingRefusal.OfMemory(Marshal.GetLastPInvokeError());
            _ = PerfNative.Close(descriptor);
            return null;
        }

        var hasStack = (attributes.SampleType & PerfNative.SampleStack) != 0;
        return new ThreadRing(
            thread, descriptor, (byte*)pages, dataBytes, new PerfRecords(visitor, hasStack));
    }

    /// <summary>Takes all that is in the ring.</summary>
    /// <param name="buffer">Room for one record.</param>
    public void Drain(byte[] buffer)
    {
        var head = Volatile.Read(ref *(ulong*)(_pages + PerfNative.DataHead));
        var tail = *(ulong*)(_pages + PerfNative.DataTail);
        if (head == tail) return;

        var length = head - tail;
        if (length <= (ulong)_dataBytes)
        {
            var data = new ReadOnlySpan<byte>(_pages + Environment.SystemPageSize, _dataBytes);
            var from = (int)(tail % (ulong)_dataBytes);
            var first = Math.Min((int)length, _dataBytes - from);
            _records.Read(data.Slice(from, first), data[..((int)length - first)], buffer);
        }

        Volatile.Write(ref *(ulong*)(_pages + PerfNative.DataTail), head);
    }

    public void Stop() => _ = PerfNative.Control(_descriptor, PerfNative.Disable, 0);

    public void Dispose()
    {
        if (!_isOpen) return;
        _isOpen = false;
        _ = PerfNative.Unmap((nint)_pages, (nuint)(_dataBytes + Environment.SystemPageSize));
        _ = PerfNative.Close(_descriptor);
    }
}
