namespace NetSniff.Protocols.Tls;

/// <content>Where one side's bytes stand.</content>
public sealed partial class TlsParser
{
    private struct Side
    {
        public int RecordLeft;
        public int MessageLeft;

        /// <summary>What the message's header says it has, whether or not its bytes are kept.</summary>
        public int MessageLength;
        public long EncryptedBytes;
        public int AlertLength;
        public ushort Alert;
        public byte RecordType;
        public byte MessageType;
        public bool IsInMessage;

        /// <summary>Bytes of the message are missing: it is followed to its end and not read.</summary>
        public bool IsMessageHoled;
        public bool IsEncrypted;

        /// <summary>After a gap nobody knows where a record begins.</summary>
        public bool IsLost;
        public bool HasRecords;

        private ulong _header;
        private int _headerCount;
        private uint _messageHeader;
        private int _messageHeaderCount;
        private byte[]? _held;

        /// <summary>The five bytes of a record header, the first the highest.</summary>
        public readonly ulong Header => _header;

        public int HeldCount { get; private set; }

        public readonly ReadOnlySpan<byte> Held => _held.AsSpan(0, HeldCount);

        public bool TryTakeHeader(ReadOnlySpan<byte> bytes, ref int position)
        {
            while (_headerCount < TlsWire.RecordHeaderSize && position < bytes.Length)
            {
                _header = _header << 8 | bytes[position++];
                _headerCount++;
            }

            return _headerCount == TlsWire.RecordHeaderSize;
        }

        public void ClearHeader() => (_header, _headerCount) = (0, 0);

        public bool TryTakeMessageHeader(ref ReadOnlySpan<byte> chunk)
        {
            while (_messageHeaderCount < TlsWire.MessageHeaderSize && !chunk.IsEmpty)
            {
                _messageHeader = _messageHeader << 8 | chunk[0];
                _messageHeaderCount++;
                chunk = chunk[1..];
            }

            if (_messageHeaderCount < TlsWire.MessageHeaderSize) return false;

            MessageType = (byte)(_messageHeader >> 24);
            MessageLength = MessageLeft = (int)(_messageHeader & 0xffffff);
            IsInMessage = true;
            return true;
        }

        public void Hold(ReadOnlySpan<byte> part)
        {
            part = part[..Math.Min(part.Length, MessageBytesMax - HeldCount)];
            var size = HeldCount + part.Length;
            if (_held is null || _held.Length < size)
            {
                // Grown to what messages need, once: the parser is pooled.
                var wanted = Math.Max(size, Math.Max(BufferBytesAtFirst, 2 * (_held?.Length ?? 0)));
                Array.Resize(ref _held, Math.Min(wanted, MessageBytesMax));
            }

            part.CopyTo(_held.AsSpan(HeldCount));
            HeldCount = size;
        }

        public void EndMessage()
        {
            IsInMessage = IsMessageHoled = false;
            (_messageHeader, _messageHeaderCount, HeldCount) = (0, 0, 0);
        }

        /// <summary>Bytes of the record are missing. What they held of handshake messages cannot be followed unless the
        /// gap lies inside one.</summary>
        public void SkipInMessage(int missing)
        {
            if (RecordType != ContentType.Handshake || IsEncrypted) return;

            if (IsInMessage && missing <= MessageLeft)
            {
                MessageLeft -= missing;
                IsMessageHoled = true;
                if (MessageLeft == 0) EndMessage();
                return;
            }

            IsLost = IsEncrypted = true;
        }

        public void Reset()
        {
            var held = _held;
            this = default;
            _held = held;
        }
    }
}
