using System.Buffers.Binary;
using NetSniff.Records;

namespace NetSniff.Protocols.Dns;

/// <summary>The room that one message needs. Kept by the thread: on the stack it would be touched, page after page, for
/// each record.</summary>
internal sealed class DnsRoom
{
    public byte[] Text { get; } = new byte[DnsMessage.TextBytesMax];

    public ulong[] Numbers { get; } = new ulong[DnsMessage.NumbersMax];
}

/// <summary>One message read in full, into lent room.</summary>
internal ref struct DnsMessage
{
    /// <summary>Questions listed; one is all that unicast ever asks.</summary>
    public const int QuestionsMax = 64;

    /// <summary>Answers listed; a zone transfer's message may hold more.</summary>
    public const int AnswersMax = 256;

    /// <summary>Records listed of the authority and the additional section, each.</summary>
    public const int OthersMax = 64;

    /// <summary>Numbers of room that one message needs.</summary>
    public const int NumbersMax = QuestionsMax + 2 * (AnswersMax + 2 * OthersMax);

    /// <summary>Bytes of room that one message needs: with its numbers it stays below a record's limit.</summary>
    public const int TextBytesMax = NameBytes + TypeBytes + SubnetBytes + QuestionBytes + AnswerBytes + 2 * OtherBytes;

    private const int NameBytes = DnsName.TextBytesMax;
    private const int TypeBytes = 16;
    private const int SubnetBytes = 64;
    private const int QuestionBytes = 3 * 1024;
    private const int AnswerBytes = 24 * 1024;
    private const int OtherBytes = 12 * 1024;

    /// <summary>Of a section's bytes this share holds names, the rest data: one part in three.</summary>
    private const int NamesShare = 3;

    private readonly Span<byte> _nameRoom;
    private DnsText _typeName;
    private TextListBuilder _questionNames;
    private readonly Span<ulong> _questionTypes;
    private int _questionsListed;
    private int _nameLength;

    public DnsHeader Header;
    public DnsSection Answers;
    public DnsSection Authority;
    public DnsSection Additional;
    public DnsEdns Edns;

    public DnsMessage(Span<byte> text, Span<ulong> numbers)
    {
        _nameRoom = Cut(ref text, NameBytes);
        _typeName = new DnsText(Cut(ref text, TypeBytes));
        Edns = new DnsEdns(Cut(ref text, SubnetBytes));
        _questionNames = new TextListBuilder(Cut(ref text, QuestionBytes));
        _questionTypes = Cut(ref numbers, QuestionsMax);
        Answers = Section(ref text, ref numbers, AnswerBytes, AnswersMax);
        Authority = Section(ref text, ref numbers, OtherBytes, OthersMax);
        Additional = Section(ref text, ref numbers, OtherBytes, OthersMax);
    }

    public DnsProblem Problem { get; private set; }
    public ushort QueryType { get; private set; }
    public ushort QueryClass { get; private set; }

    /// <summary>The first question was read to its end.</summary>
    public bool HasQuestion { get; private set; }

    public readonly ReadOnlySpan<byte> QueryName => _nameRoom[.._nameLength];

    public readonly ReadOnlySpan<byte> QueryTypeName => _typeName.Written;

    public readonly TextList QuestionNames => _questionNames.List;

    public readonly ReadOnlySpan<ulong> QuestionTypes => _questionTypes[.._questionsListed];

    public readonly bool IsCut =>
        Answers.IsCut || Authority.IsCut || Additional.IsCut || _questionNames.IsCut;

    public void Read(ReadOnlySpan<byte> message, in DnsHeader header)
    {
        Header = header;
        var position = ReadQuestions(message);
        if (position < 0) return;

        // The shorthand for answers that point right behind the header only holds if a name was read there.
        var name = HasQuestion ? QueryName : default;
        position = ReadRecords(message, position, header.Answers, ref Answers, name);
        if (position >= 0) position = ReadRecords(message, position, header.Authority, ref Authority, name);
        if (position >= 0) position = ReadRecords(message, position, header.Additional, ref Additional, name);
        if (position >= 0 && position < message.Length) Note(DnsProblem.Trailing);
    }

    /// <summary>An error may come without the question it is about: then it is the asker's.</summary>
    public void BorrowQuestion(ReadOnlySpan<byte> query, in DnsHeader queryHeader)
    {
        var own = Header;
        Header = queryHeader;
        ReadQuestions(query);
        Header = own;
    }

    private int ReadQuestions(ReadOnlySpan<byte> message)
    {
        var position = DnsHeader.Size;
        for (var index = 0; index < Header.Questions; index++)
        {
            var start = position;
            var name = new DnsText(_nameRoom);
            if (index == 0)
            {
                position = DnsName.Write(message, start, ref name, out var problem);
                _nameLength = name.Length;
                Note(problem);
            }
            else
            {
                position = DnsName.Skip(message, start, out var problem);
                Note(problem);
            }

            if (position < 0) return -1;
            if (message.Length - position < 4)
            {
                Note(DnsProblem.Short);
                return -1;
            }

            var type = BinaryPrimitives.ReadUInt16BigEndian(message[position..]);
            if (index == 0)
            {
                QueryType = type;
                QueryClass = BinaryPrimitives.ReadUInt16BigEndian(message[(position + 2)..]);
                HasQuestion = true;
                DnsTypes.Write(type, ref _typeName);
            }

            position += 4;
            if (Header.Questions > 1) List(message, index, start, type);
        }

        return position;
    }

    private void List(ReadOnlySpan<byte> message, int index, int start, ushort type)
    {
        if (index >= QuestionsMax || _questionNames.IsCut) return;

        Span<byte> room = stackalloc byte[DnsName.TextBytesMax];
        var name = new DnsText(room);
        DnsName.Write(message, start, ref name, out var problem);
        Note(problem);
        _questionNames.Add(name.Written);
        if (!_questionNames.IsCut) _questionTypes[_questionsListed++] = type;
    }

    private int ReadRecords(
        ReadOnlySpan<byte> message, int position, int count, ref DnsSection section, ReadOnlySpan<byte> name)
    {
        for (; count > 0; count--)
        {
            if (!DnsEntry.TryRead(message, position, out var record, out var problem))
            {
                // A truncated answer may stop anywhere (RFC 2181 section 9 says where it should).
                if (!Header.IsTruncated || problem != DnsProblem.Short) Note(problem);
                return -1;
            }

            Note(record.Type == DnsTypes.Opt ? Edns.Read(message, in record) : section.Add(message, in record, name));
            position = record.End;
        }

        return position;
    }

    private void Note(DnsProblem problem)
    {
        if (Problem == DnsProblem.None) Problem = problem;
    }

    private static DnsSection Section(
        scoped ref Span<byte> text, scoped ref Span<ulong> numbers, int bytes, int records)
    {
        var names = Cut(ref text, bytes / NamesShare);
        var data = Cut(ref text, bytes - bytes / NamesShare);
        return new DnsSection(names, data, Cut(ref numbers, records), Cut(ref numbers, records));
    }

    private static Span<T> Cut<T>(scoped ref Span<T> room, int count)
    {
        var piece = room[..count];
        room = room[count..];
        return piece;
    }
}
