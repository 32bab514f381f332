/** How `formSuccess()` reaches the part that knows forms; the detail is a form or its name. */
export const FORM_SUCCESS = 'footfall:formsuccess'
