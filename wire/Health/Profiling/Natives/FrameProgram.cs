namespace NetSniff.Wire.Health.Profiling.Natives;

/// <summary>Runs the instructions that say where a function has put what (DWARF 4, section 6.4), up to one of its
/// addresses. Of the registers of x86-64 only those that lead to the caller are followed.</summary>
internal ref struct FrameProgram
{
    private const int BasePointer = 6, StackPointer = 7, ReturnAddress = 16;
    private const int DepthMax = 8;
    private const byte SignedInt = 0x0B, RelativeToPlace = 0x10, Nothing = 0xFF;

    private ulong _codeStep;
    private long _dataStep;
    private ulong _address;
    private State _state;
    private State _initial;

    private struct State
    {
        public int Register;
        public long Offset, ReturnOffset, BaseOffset;
        public bool IsOutermost, IsLost;
    }

    [System.Runtime.CompilerServices.InlineArray(DepthMax)]
    private struct States
    {
        private State _first;
    }

    /// <param name="common">Of the common entry, what follows its mark; of the function's, what follows the way
    /// there.</param>
    /// <param name="place">The address of the function's part.</param>
    public static FrameRule Run(ReadOnlySpan<byte> common, ReadOnlySpan<byte> function, ulong place, ulong address)
    {
        var head = new DwarfReader(common);
        var version = head.Byte();
        if (version is not (1 or 3)) return default;

        var augmentation = head.Text();
        var program = new FrameProgram { _codeStep = head.Unsigned(), _dataStep = head.Signed() };
        var returnRegister = version == 1 ? head.Byte() : head.Unsigned();
        if (returnRegister != ReturnAddress || !ReadAugmentation(ref head, augmentation, out var encoding))
        {
            return default;
        }

        var body = new DwarfReader(function);
        if (encoding != (RelativeToPlace | SignedInt)) return default; // what compilers write for this processor

        var start = place + (ulong)(long)body.Int32();
        var length = (uint)body.Int32();
        if (augmentation is [(byte)'z', ..]) body.Skip(body.Unsigned());
        if (head.RanShort || body.RanShort || address - start >= length) return default;

        program._address = start;
        program.Execute(head, address);
        program._initial = program._state;
        program._address = start;
        program.Execute(body, address);
        return program.Rule();
    }

    private readonly FrameRule Rule()
    {
        var isKnown = !_state.IsLost && _state.Register is BasePointer or StackPointer && _state.ReturnOffset < 0;
        return new FrameRule(
            isKnown || _state.IsOutermost, _state.IsOutermost, _state.Register == BasePointer, _state.Offset,
            _state.ReturnOffset, _state.BaseOffset);
    }

    /// <summary>`zR`, `zPLR` and their like: how addresses are written, and what does not concern us.</summary>
    private static bool ReadAugmentation(ref DwarfReader head, ReadOnlySpan<byte> text, out byte encoding)
    {
        encoding = Nothing;
        if (text.IsEmpty || text[0] != 'z') return false;

        var rest = new DwarfReader(head.Take(head.Unsigned()));
        foreach (var letter in text[1..])
        {
            switch (letter)
            {
                case (byte)'R':
                    encoding = rest.Byte();
                    break;
                case (byte)'L':
                    rest.Byte();
                    break;
                case (byte)'P':
                    rest.Skip((rest.Byte() & 0xF) is 0x3 or 0xB ? 4u : 8u);
                    break;
                case (byte)'S' or (byte)'B':
                    break;
                default:
                    return false;
            }
        }

        return !rest.RanShort;
    }

    private void Execute(DwarfReader code, ulong until)
    {
        var kept = default(States);
        var depth = 0;
        while (!code.IsAtEnd && _address <= until && !_state.IsLost)
        {
            var operation = code.Byte();
            var low = operation & 0x3F;
            switch (operation >> 6)
            {
                case 1:
                    Advance((ulong)low, until, ref code);
                    continue;
                case 2:
                    SetOffset((ulong)low, (long)code.Unsigned() * _dataStep);
                    continue;
                case 3:
                    Restore((ulong)low);
                    continue;
            }

            if (low == 0x0A && depth < DepthMax) kept[depth++] = _state;
            else if (low == 0x0B && depth > 0) _state = kept[--depth];
            else Step(low, until, ref code);
        }

        if (code.RanShort) _state.IsLost = true;
    }

    private void Step(int operation, ulong until, ref DwarfReader code)
    {
        switch (operation)
        {
            case 0x00: break; // nothing
            case 0x02: Advance(code.Byte(), until, ref code); break;
            case 0x03: Advance(code.UInt16(), until, ref code); break;
            case 0x04: Advance((uint)code.Int32(), until, ref code); break;
            case 0x05: SetOffset(code.Unsigned(), (long)code.Unsigned() * _dataStep); break;
            case 0x06: Restore(code.Unsigned()); break;
            case 0x07: Undefined(code.Unsigned()); break;
            case 0x08: Restore(code.Unsigned(), isSame: true); break;
            case 0x09: Forget(code.Unsigned()); code.Unsigned(); break; // it lies in another register
            case 0x0C: (_state.Register, _state.Offset) = ((int)code.Unsigned(), (long)code.Unsigned()); break;
            case 0x0D: _state.Register = (int)code.Unsigned(); break;
            case 0x0E: _state.Offset = (long)code.Unsigned(); break;
            case 0x0F: SetExpression(code.Take(code.Unsigned()), until); break;
            case 0x10 or 0x16: Forget(code.Unsigned()); code.Skip(code.Unsigned()); break; // and so is a register
            case 0x11: SetOffset(code.Unsigned(), code.Signed() * _dataStep); break;
            case 0x12: (_state.Register, _state.Offset) = ((int)code.Unsigned(), code.Signed() * _dataStep); break;
            case 0x13: _state.Offset = code.Signed() * _dataStep; break;
            case 0x14 or 0x15: Forget(code.Unsigned()); code.Unsigned(); break; // it is a value, not a place
            case 0x2E: code.Unsigned(); break; // size of arguments
            default: _state.IsLost = true; break;
        }
    }

    /// <summary>What follows holds from a later instruction on; if that is behind ours, we are done.</summary>
    private void Advance(ulong steps, ulong until, ref DwarfReader code)
    {
        _address += steps * _codeStep;
        if (_address > until) code = default;
    }

    private void SetOffset(ulong register, long offset)
    {
        if (register == BasePointer) _state.BaseOffset = offset;
        else if (register == ReturnAddress) _state.ReturnOffset = offset;
    }

    /// <summary>The one that linkers write for calls into other libraries: the stack pointer, a word, and one more
    /// from the instruction on that pushes it (`sp + 8 + ((address &amp; 15) &gt;= 11) * 8`). Others are not followed.
    /// </summary>
    private void SetExpression(ReadOnlySpan<byte> expression, ulong address)
    {
        var isKnown = expression is [0x77, 8, 0x80, 0, 0x3F, 0x1A, >= 0x30 and <= 0x4F, 0x2A, 0x33, 0x24, 0x22];
        _state.Register = isKnown ? StackPointer : Nothing;
        if (isKnown) _state.Offset = (int)(address & 15) >= expression[6] - 0x30 ? 16 : 8;
    }

    private void Restore(ulong register, bool isSame = false)
    {
        if (register == BasePointer) _state.BaseOffset = isSame ? 0 : _initial.BaseOffset;
        else if (register == ReturnAddress) _state.ReturnOffset = _initial.ReturnOffset;
    }

    private void Undefined(ulong register)
    {
        if (register == ReturnAddress) _state.IsOutermost = true;
    }

    private void Forget(ulong register)
    {
        if (register is BasePointer or ReturnAddress) _state.IsLost = true;
    }
}
