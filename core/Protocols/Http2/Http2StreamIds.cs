namespace NetSniff.Protocols.Http2;

/// <summary>Which stream numbers of one side were used: they only count up (RFC 9113 section 5.1.1), so a lower one is
/// closed, unless it may have been opened out of our sight.</summary>
internal struct Http2StreamIds
{
    private uint _last;
    private uint _unseenLow;
    private uint _unseenHigh;

    /// <summary>Highest number seen opening.</summary>
    public readonly uint Last => _last;

    /// <summary>Streams may be opening unseen from here on, until the next one that is seen.</summary>
    public void LoseSight() => (_unseenLow, _unseenHigh) = (_last + 1, uint.MaxValue);

    public void Open(uint id)
    {
        if (id <= _last) return;

        _last = id;
        if (_unseenHigh == uint.MaxValue) _unseenHigh = id - 1;
    }

    public readonly bool IsUnseen(uint id) => id >= _unseenLow && id <= _unseenHigh && _unseenHigh != 0;

    /// <summary>It was open once and is no more.</summary>
    public readonly bool IsClosed(uint id) => id <= _last && !IsUnseen(id);
}
