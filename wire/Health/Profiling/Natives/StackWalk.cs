using System.Buffers.Binary;
using System.Diagnostics;
using NetSniff.Wire.Health.Profiling.Kernel;

namespace NetSniff.Wire.Health.Profiling.Natives;

/// <summary>From a sample to the calls that led there.</summary>
/// <remarks>The kernel follows frame pointers, which the runtime's code always has, and most libraries have not. So
/// where a sample lies in a library its frames are followed by the library's own description, in the copy of the stack,
/// until code is reached that the kernel has followed too. A stack that is deeper than the copy ends in
/// <see cref="Cut"/>.</remarks>
internal sealed class StackWalk(MemoryMap map, TimeProvider? time = null)
{
    public const int DepthMax = 200;

    /// <summary>In the place of an outermost address: whoever called is not known.</summary>
    public const ulong Cut = 1;

    /// <summary>How often memory is looked at again for an address that nothing is known of.</summary>
    private static readonly TimeSpan s_refreshEvery = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ulong[] _stack = new ulong[DepthMax];
    private long _refreshed;
    private int _count;

    /// <summary>Samples whose outermost callers are not known.</summary>
    public long CutStacks { get; private set; }

    /// <returns>Addresses, the innermost first; valid until the next walk.</returns>
    public ReadOnlySpan<ulong> Walk(in PerfSample sample)
    {
        _count = 0;
        var address = sample.Chain.IsEmpty ? sample.Instruction : sample.Chain[0];
        if (sample.Stack.IsEmpty || RegionOf(address)?.Module is not { Frames.IsEmpty: false })
        {
            foreach (var one in sample.Chain) Push(one);
            return _stack.AsSpan(0, _count);
        }

        if (!Follow(in sample) && !GoOnWith(sample.Chain))
        {
            CutStacks++;
            Push(Cut);
        }

        return _stack.AsSpan(0, _count);
    }

    /// <summary>From the outermost call that the kernel found too, as it found the rest.</summary>
    private bool GoOnWith(ReadOnlySpan<ulong> chain)
    {
        for (var index = _count - 1; index > 0; index--)
        {
            var place = chain.LastIndexOf(_stack[index]);
            if (place < 0) continue;

            _count = index + 1;
            foreach (var one in chain[(place + 1)..]) Push(one);
            return true;
        }

        return false;
    }

    /// <returns>Whether the outermost caller was reached.</returns>
    private bool Follow(in PerfSample sample)
    {
        var (address, top, frame) = (sample.Instruction, sample.StackPointer, sample.BasePointer);
        var hasManaged = false;
        Push(address);
        while (_count < DepthMax - 1)
        {
            // A return address may lie behind the end of its function; the call itself does not.
            var place = _count == 1 ? address : address - 1;
            var region = map.Find(place);
            if (region?.Module is { Frames.IsEmpty: false } module)
            {
                var rule = RuleAt(module, region, place);
                if (rule.IsOutermost) return true;
                if (!rule.IsKnown || !Leave(rule, sample, ref top, ref frame, out address))
                {
                    // Below the runtime's code there is only how it began.
                    return hasManaged && region.Path.EndsWith("/libcoreclr.so", StringComparison.Ordinal);
                }
            }
            else
            {
                hasManaged = true;
                // Code of the runtime: from here on the kernel may have come the same way.
                if (_count > 1 && sample.Chain.Contains(address) && GoOnWith(sample.Chain)) return true;

                var rule = new FrameRule(true, false, true, 16, -8, -16);
                if (!Leave(rule, sample, ref top, ref frame, out address)) return false;
            }

            if (address == 0) return true;
            Push(address);
        }

        return false;
    }

    private static FrameRule RuleAt(NativeModule module, CodeRegion region, ulong place) =>
        module.File.AddressOf(place - region.Start + region.Offset) is { } address
            ? module.Frames.RuleAt(address)
            : default;

    /// <summary>Goes one frame outwards; each lies above the one before.</summary>
    private static bool Leave(FrameRule rule, in PerfSample sample, ref ulong top, ref ulong frame, out ulong address)
    {
        address = 0;
        var end = (rule.FromBase ? frame : top) + (ulong)rule.FrameOffset;
        if (end <= top || !TryRead(sample, end + (ulong)rule.ReturnOffset, out address)) return false;
        if (rule.BaseOffset != 0 && !TryRead(sample, end + (ulong)rule.BaseOffset, out frame)) return false;

        top = end;
        return true;
    }

    private static bool TryRead(in PerfSample sample, ulong address, out ulong value)
    {
        var offset = address - sample.StackPointer;
        var isThere = offset <= (ulong)sample.Stack.Length && (ulong)sample.Stack.Length - offset >= sizeof(ulong);
        value = isThere ? BinaryPrimitives.ReadUInt64LittleEndian(sample.Stack[(int)offset..]) : 0;
        return isThere;
    }

    private CodeRegion? RegionOf(ulong address)
    {
        if (map.Find(address) is { } known) return known;
        if (_refreshed != 0 && _time.GetElapsedTime(_refreshed) < s_refreshEvery) return null;

        _refreshed = _time.GetTimestamp();
        map.Refresh();
        return map.Find(address);
    }

    private void Push(ulong address)
    {
        if (_count < DepthMax) _stack[_count++] = address;
    }
}
