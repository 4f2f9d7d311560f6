using System.Diagnostics;
using NetSniff.Records;

namespace NetSniff.Protocols;

/// <summary>What a datagram parser remembers of one flow.</summary>
internal abstract class FlowState
{
    /// <summary>Whose it is, for the record that is emitted when no packet of that flow is at hand.</summary>
    public RecordHeader Context;
    public ulong FlowId;

    /// <summary>Place in the table.</summary>
    public int Place;

    // Neighbours in age; -1 is none.
    public int Older;
    public int Newer;
}

/// <summary>The flows that a datagram parser follows now, found by the word that the flow carries for it. Bounded; the
/// states are used again.</summary>
/// <remarks>The word is the place, plus one. A state that was given up to make room for another leaves the word of its
/// flow behind; the flow's number tells that it is not meant any more.</remarks>
internal sealed class FlowStates<T>(int statesMax) where T : FlowState, new()
{
    private const int None = -1;
    private const int RoomAtFirst = 64;

    private readonly Stack<T> _free = new();
    private readonly Stack<int> _placesFree = new();
    private T?[] _states = new T?[Math.Min(RoomAtFirst, statesMax)];
    private int _used;
    private int _oldest = None;
    private int _newest = None;

    public int Count { get; private set; }

    public bool IsFull => Count == statesMax;

    /// <summary>Who waited longest; there must be one.</summary>
    public T Oldest => _states[_oldest]!;

    /// <summary>The state of the flow at hand, or null if it has none (any more).</summary>
    public T? Find(ParseContext context)
    {
        var place = (int)context.Slot - 1;
        var state = (uint)place < (uint)_used ? _states[place] : null;
        return state?.FlowId == context.FlowId ? state : null;
    }

    /// <summary>A blank state for the flow at hand. The table must not be full.</summary>
    public T Add(ParseContext context)
    {
        Debug.Assert(!IsFull);
        if (!_placesFree.TryPop(out var place))
        {
            if (_used == _states.Length) Array.Resize(ref _states, Math.Min(2 * _used, statesMax));
            place = _used++;
        }

        if (!_free.TryPop(out var state)) state = new T();
        (state.Context, state.FlowId, state.Place) = (context.Records.Context, context.FlowId, place);
        (state.Older, state.Newer) = (_newest, None);
        if (_newest == None) _oldest = place;
        else _states[_newest]!.Newer = place;
        _newest = place;
        _states[place] = state;
        Count++;
        context.Slot = (uint)place + 1;
        return state;
    }

    /// <summary>Takes a state out. Its owner has made it blank.</summary>
    public void Remove(T state)
    {
        if (state.Older == None) _oldest = state.Newer;
        else _states[state.Older]!.Newer = state.Newer;
        if (state.Newer == None) _newest = state.Older;
        else _states[state.Newer]!.Older = state.Older;
        _states[state.Place] = null;
        _placesFree.Push(state.Place);
        _free.Push(state);
        Count--;
    }
}
