package host

import "fmt"

// wireValue is a value of one sandbox on its way to another: encoded, and all of
// it a copy.
type wireValue []byte

// wireValue reads a value for another sandbox.
func (d *decoder) wireValue() (wireValue, error) {
	var e encoder
	d.copies = true
	err := d.transfer(&e)
	return e.buf, err
}

// transfer copies the next value, checking all of it: the guest may have written
// anything. Only errors change, as they become new ones.
func (d *decoder) transfer(e *encoder) error {
	start := d.b
	tag, err := d.u8()
	if err != nil {
		return err
	}
	switch tag {
	case tagArray, tagSet, tagObject, tagMap:
		n, err := d.open()
		if err != nil {
			return err
		}
		e.buf = append(e.buf, start[:5]...)
		for i := range n {
			if err := d.transferPart(e, tag, i); err != nil {
				return err
			}
		}
		d.close()
		return nil
	case tagError:
		v, err := d.errorValue()
		if err != nil {
			return err
		}
		js := v.ref.err
		e.errorRecord(js.Name, js.Message, js.Code, 0)
		v.Release()
		return nil
	}
	if err := d.skip(tag); err != nil {
		return err
	}
	e.buf = append(e.buf, start[:len(start)-len(d.b)]...)
	return nil
}

// transferPart copies an element, a property or an entry.
func (d *decoder) transferPart(e *encoder, tag byte, i int) error {
	step := fmt.Sprintf("[%d]", i)
	switch tag {
	case tagObject:
		key, err := d.text()
		if err != nil {
			return err
		}
		step = "." + string(key)
		e.buf = appendText(e.buf, string(key))
	case tagMap:
		if err := d.transfer(e); err != nil {
			return within(err, step)
		}
	}
	return within(d.transfer(e), step)
}
